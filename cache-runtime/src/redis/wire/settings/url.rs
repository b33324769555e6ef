//! The forms of URL that say where Redis is.

use std::sync::Arc;

use redis::io::tcp::TcpSettings;
use redis::{ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use url::Url;
use url::form_urlencoded;

use super::{Address, Credentials, LinkSettings, Place};

const FORMS: &str = "it takes `redis://[user:password@]host[:port][/database]`, \
    `redis+unix:///path[?db=1]`, `redis+sentinel://[user:password@]host[:26379],../name[/database]`, \
    `redis+cluster://[user:password@]host[:port],..`, with `rediss` in place of `redis` for TLS, \
    or `memory:`";

const SENTINEL_PORT: u16 = 26_379;

impl LinkSettings {
    /// Reads the URL; an error says what is wrong and what it takes, and does not repeat it.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        read(url).map_err(|wrong| match wrong.is_empty() {
            true => FORMS.to_owned(),
            false => format!("{wrong}; {FORMS}"),
        })
    }
}

fn read(url: &str) -> Result<LinkSettings, String> {
    let (scheme, rest) = url.split_once(':').ok_or_else(String::new)?;
    let (transport, place) = scheme.split_once('+').unwrap_or((scheme, ""));
    if transport == "rediss" && !cfg!(feature = "tls") {
        return Err("`rediss` needs the feature `tls` of cache-runtime".to_owned());
    }
    if url.contains('#') {
        // The client takes `#insecure` there, which would be ignored or worse.
        return Err("a `#` must be written `%23`".to_owned());
    }
    let nodes = || {
        let rest = rest
            .strip_prefix("//")
            .ok_or("`//` must follow the colon")?;
        Nodes::split(transport, rest)
    };
    match (transport, place) {
        ("redis" | "rediss" | "unix", "") | ("redis", "unix") => {
            Ok(LinkSettings::new(Place::Node, connection(url)?))
        }
        ("redis" | "rediss", "sentinel") => nodes()?.sentinel(),
        ("redis" | "rediss", "cluster") => nodes()?.cluster(),
        ("memory", "") => Err("`memory:` takes nothing after the colon".to_owned()),
        _ => Err("its beginning is none of these".to_owned()),
    }
}

/// How to connect to one node.
fn connection(url: &str) -> Result<ConnectionInfo, String> {
    let info = url.into_connection_info();
    // The category is a fixed text of the client's; its detail might quote the URL.
    let info = info.map_err(|error| error.category().to_owned())?;
    let redis = info.redis_settings().clone();
    Ok(info
        .set_redis_settings(redis.set_protocol(ProtocolVersion::RESP3))
        .set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// The parts of a URL that names several nodes, as they were written.
struct Nodes<'a> {
    /// `redis` or `rediss`.
    transport: &'a str,
    /// With its `@`, or empty.
    userinfo: &'a str,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

impl<'a> Nodes<'a> {
    fn split(transport: &'a str, rest: &'a str) -> Result<Self, String> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let start = authority.rfind('@').map_or(0, |at| at + 1);
        let (userinfo, hosts) = authority.split_at(start);
        if userinfo.matches('@').count() > 1 {
            return Err(
                "an `@` in the user or the password must be written `%40`, and both stand before \
                 the first host alone"
                    .to_owned(),
            );
        }
        Ok(Self {
            transport,
            userinfo,
            hosts: hosts.split(',').collect(),
            path,
            query,
        })
    }

    fn sentinel(&self) -> Result<LinkSettings, String> {
        let path = self.path.strip_suffix('/').unwrap_or(self.path);
        let (name, database) = path.split_once('/').unwrap_or((path, ""));
        // What Sentinel allows in a name.
        let is_named = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if name.is_empty() || !name.chars().all(is_named) {
            return Err(
                "the hosts must be followed by `/` and the name that the sentinels give the \
                 master, of letters, digits, `.`, `-` and `_`"
                    .to_owned(),
            );
        }
        let credentials = credentials(self.query)?;
        let (info, seeds) = self.read(SENTINEL_PORT, database)?;
        let place = Place::Sentinel {
            seeds,
            name: name.into(),
            credentials,
        };
        Ok(LinkSettings::new(place, info))
    }

    fn cluster(&self) -> Result<LinkSettings, String> {
        if !matches!(self.path.trim_end_matches('/'), "" | "0") {
            return Err("a cluster has the database 0 and no other".to_owned());
        }
        if !self.query.is_empty() {
            return Err("a cluster's url takes nothing after a `?`".to_owned());
        }
        let (info, seeds) = self.read(6_379, "")?;
        Ok(LinkSettings::new(Place::Cluster { seeds }, info))
    }

    /// Each host as a URL of its own, so that the same is allowed in it as in one for a single node.
    fn read(&self, port: u16, database: &str) -> Result<(ConnectionInfo, Arc<[Address]>), String> {
        let mut first = None;
        let mut seeds = Vec::with_capacity(self.hosts.len());
        for host in &self.hosts {
            if host.is_empty() {
                return Err("a host is missing before or after a comma".to_owned());
            }
            let Self {
                transport,
                userinfo,
                ..
            } = self;
            let url = format!("{transport}://{userinfo}{host}/{database}");
            let info = connection(&url)?;
            let mut seed = Address::of(&info).ok_or_else(String::new)?;
            let given = Url::parse(&url).ok().and_then(|url| url.port());
            seed.port = given.unwrap_or(port);
            first.get_or_insert(info);
            seeds.push(seed);
        }
        Ok((first.ok_or_else(String::new)?, seeds.into()))
    }
}

/// The user and the password of the sentinels, from `sentinel_username` and `sentinel_password`.
fn credentials(query: &str) -> Result<Option<Credentials>, String> {
    let (mut user, mut password) = (None, None);
    // As in the part before the hosts, a plus stands for itself.
    let query = query.replace('+', "%2B");
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "sentinel_username" => &mut user,
            "sentinel_password" => &mut password,
            _ => {
                return Err(
                    "after the `?` it takes `sentinel_username` and `sentinel_password`, joined by \
                     `&`"
                    .to_owned(),
                );
            }
        };
        if value.is_empty() || slot.replace(value.into_owned()).is_some() {
            return Err(
                "`sentinel_username` or `sentinel_password` is empty or repeated".to_owned(),
            );
        }
    }
    match (user, password) {
        (Some(_), None) => Err("`sentinel_username` is set without `sentinel_password`".to_owned()),
        (user, password) => Ok(password.map(|password| Credentials { user, password })),
    }
}
