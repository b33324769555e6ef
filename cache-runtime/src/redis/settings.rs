//! Where Redis is and how patient to be, from a URL.

use std::path::Path;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};

use super::connect::client;

/// Where Redis is. `Debug` shows the address and no more: the rest may be secret.
#[derive(Clone)]
pub(crate) struct LinkSettings {
    pub(super) info: ConnectionInfo,
    pub(super) ca: Option<Vec<u8>>,
    pub(super) op_timeout: Duration,
    pub(super) lag: Duration,
    /// For deletions that wait for replicas.
    pub(super) replicas: Option<Replicas>,
}

/// How many replicas are to have a deletion before it is acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Replicas {
    pub(crate) count: u32,
    /// The name of a key that is written beside.
    pub(crate) marker: String,
}

const FORMS: &str = "it takes `redis://[user:password@]host[:port][/database]`, `rediss://..`, \
                     `redis+unix:///path[?db=1]` or `memory:`";

const MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

impl LinkSettings {
    /// Reads the URL; an error says what it takes and does not repeat it.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (scheme, _) = url.split_once(':').ok_or(FORMS)?;
        match scheme {
            "redis" | "redis+unix" | "unix" => {}
            "rediss" if cfg!(feature = "tls") => {}
            "rediss" => {
                return Err("`rediss://` needs the feature `tls` of cache-runtime".to_owned());
            }
            "memory" => return Err("`memory:` takes nothing after the colon".to_owned()),
            _ => return Err(FORMS.to_owned()),
        }
        if url.contains('#') {
            // The client takes `#insecure` there, which would be ignored or worse.
            return Err(format!("a `#` must be written `%23`; {FORMS}"));
        }
        let info = url.into_connection_info().map_err(|error| {
            // The category is a fixed text of the client's; its detail might quote the URL.
            format!("{}; {FORMS}", error.category())
        })?;
        let redis = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let info = info
            .set_redis_settings(redis)
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Ok(Self {
            info,
            ca: None,
            op_timeout: Duration::from_millis(100),
            lag: Duration::from_secs(2),
            replicas: None,
        })
    }

    /// Trusts the certificates of a PEM file instead of the system's.
    pub(crate) fn with_ca_file(mut self, path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else {
            return Ok(self);
        };
        if !matches!(self.info.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err("`ca_file` is set and the url is not `rediss://`".to_owned());
        }
        let pem = std::fs::read(path)
            .map_err(|error| format!("`ca_file` {} can't be read: {error}", path.display()))?;
        // The client takes a file without any for one that trusts nobody.
        if !pem.windows(MARK.len()).any(|window| window == MARK) {
            return Err(format!(
                "`ca_file` {} holds no PEM certificate",
                path.display()
            ));
        }
        self.ca = Some(pem);
        match client(&self, ProtocolVersion::RESP3) {
            Ok(_) => Ok(self),
            Err(_) => Err(format!(
                "`ca_file` {} holds a broken certificate",
                path.display()
            )),
        }
    }

    pub(crate) fn with_times(mut self, op_timeout: Duration, lag: Duration) -> Self {
        self.op_timeout = op_timeout;
        self.lag = lag;
        self
    }

    pub(crate) fn with_replicas(mut self, replicas: Option<Replicas>) -> Self {
        self.replicas = replicas;
        self
    }
}

impl std::fmt::Debug for LinkSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkSettings")
            .field("address", &self.info.addr().to_string())
            .field("op_timeout", &self.op_timeout)
            .field("lag", &self.lag)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_url_is_read_or_refused_with_the_forms() {
        for good in [
            "redis://h",
            "redis://u:p@h:1/2",
            "redis+unix:///tmp/s",
            "unix:///tmp/s",
        ] {
            assert!(LinkSettings::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://h",
            "h:1",
            "redis://u:secret@h:port",
            "redis://h/notanumber",
            "memory:x",
            "redis://u:secret@h#insecure",
        ] {
            let error = LinkSettings::parse(bad).unwrap_err();
            assert!(!error.contains("secret") && !error.is_empty(), "{error}");
        }
        assert_eq!(
            LinkSettings::parse("rediss://h").is_ok(),
            cfg!(feature = "tls")
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = LinkSettings::parse("redis://user:s3cret@host:7/1").unwrap();
        let shown = format!("{settings:?}");
        assert!(
            shown.contains("host:7") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
