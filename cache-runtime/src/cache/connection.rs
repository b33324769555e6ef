//! The settings of where Redis is and how a connection is secured.

use std::path::PathBuf;

use super::CacheBuilder;
use super::durability::Durability;
use crate::error::{CacheError, Result};
use crate::redis::{LinkSettings, Replicas};
use crate::site::Names;

impl CacheBuilder {
    /// Where Redis is, or `memory:`, the default, for none.
    ///
    /// | url | |
    /// |---|---|
    /// | `redis://[user:password@]host[:6379][/database]` | one server |
    /// | `redis+unix:///path[?db=1&user=..&pass=..]` | one server, over its Unix socket |
    /// | `redis+sentinel://[user:password@]host[:26379],../name[/database]` | the master that these sentinels know by this name, whichever it is |
    /// | `redis+cluster://[user:password@]host[:6379],..` | a cluster, found through any of these nodes |
    ///
    /// With `rediss` in place of `redis` all connections are TLS (feature `tls`). User and password
    /// are the servers'; the sentinels' own stand behind the name, as
    /// `?sentinel_username=..&sentinel_password=..`. What has a meaning in a URL (`@ : / ? # %`) is
    /// percent-encoded in them, and an IPv6 address stands in brackets.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// A file of PEM certificates to trust for TLS, instead of the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Files of a PEM certificate (its chain behind it) and its private key, to show to servers
    /// that ask for one in TLS. They are read once, by [`build`](Self::build).
    #[must_use]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.client_certificate = Some((certificate.into(), key.into()));
        self
    }

    /// What the tier of Redis is made with; an error names the setting.
    pub(super) fn link_settings(&self) -> Result<LinkSettings> {
        let wrong = |name| {
            move |reason| CacheError::Setting {
                setting: self.called(name),
                reason,
            }
        };
        let own = self.client_certificate.as_ref();
        let own = own.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let settings = LinkSettings::parse(&self.url)
            .map_err(wrong("url"))?
            .with_ca_file(self.ca_file.as_deref())
            .map_err(wrong("ca_file"))?
            .with_client_certificate(own)
            .map_err(wrong("client_certificate"))?;
        let replicas = match self.durability {
            Durability::Master => None,
            Durability::Replicas(count) => Some(Replicas {
                count,
                marker: Names::new(&self.prefix).marker(),
            }),
        };
        Ok(settings
            .with_times(self.op_timeout, self.trusted())
            .with_probe(Names::new(&self.prefix).marker())
            .with_replicas(replicas))
    }
}
