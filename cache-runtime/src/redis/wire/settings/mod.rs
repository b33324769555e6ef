//! Where Redis is and how patient to be.

mod place;
#[cfg(test)]
mod tests;
mod tls;
#[cfg(feature = "tls")]
mod tls_config;
mod url;

use std::path::Path;
use std::time::Duration;

use redis::{
    Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo, RedisError,
};

use crate::own_thread::Home;
pub(in crate::redis) use place::{Address, Credentials, Found, Place};
use tls::{ClientCertificate, Tls};

/// Where Redis is. `Debug` shows addresses and no more: the rest may be secret.
#[derive(Clone)]
pub(crate) struct LinkSettings {
    pub(in crate::redis) place: Place,
    /// How to speak to a data node. Its address is meant where `place` is [`Place::Node`]; else it
    /// is the first seed, and [`at`](Self::at) gives a node its own.
    pub(in crate::redis) info: ConnectionInfo,
    pub(in crate::redis) tls: Tls,
    pub(in crate::redis) op_timeout: Duration,
    pub(in crate::redis) lag: Duration,
    /// How many timeouts in a row open the breaker.
    pub(in crate::redis) breaker: u32,
    /// How many connections a node gets.
    pub(in crate::redis) connections: usize,
    /// Whether the node is one of a cluster.
    pub(in crate::redis) in_cluster: bool,
    /// The node, where it was asked for.
    pub(in crate::redis) found: Option<Found>,
    /// The name of a key on which the user's rights are tried.
    pub(in crate::redis) probe: Option<String>,
    /// Whether to be pushed every change of a name that begins so, and not only of what was read.
    pub(in crate::redis) watched: Option<String>,
    /// Whether the server is to remember what is read, and push what becomes of it.
    pub(in crate::redis) tracked: bool,
    /// For deletions that wait for replicas.
    pub(in crate::redis) replicas: Option<Replicas>,
    /// Where its connections are driven.
    pub(in crate::redis) home: Home,
}

/// How many replicas are to have a deletion before it is acknowledged.
#[derive(Clone, Debug)]
pub(in crate::redis) struct Replicas {
    pub(in crate::redis) count: u32,
    /// The name of a key that is written beside.
    pub(in crate::redis) marker: String,
}

impl LinkSettings {
    fn new(place: Place, info: ConnectionInfo) -> Self {
        Self {
            place,
            info,
            tls: Tls::default(),
            op_timeout: Duration::from_millis(100),
            lag: Duration::from_secs(2),
            breaker: 3,
            connections: 1,
            in_cluster: false,
            found: None,
            probe: None,
            watched: None,
            tracked: true,
            replicas: None,
            home: Home::default(),
        }
    }

    /// These settings for the one node at an address: with the same user, TLS and patience.
    pub(in crate::redis) fn at(&self, host: &str, port: u16) -> Self {
        let host = host.to_owned();
        let found = Found {
            address: Address {
                host: host.clone(),
                port,
            },
            epoch: 0,
        };
        let addr = match self.info.addr() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        };
        Self {
            in_cluster: matches!(self.place, Place::Cluster { .. }),
            place: Place::Node,
            found: Some(found),
            info: self.info.clone().set_addr(addr),
            ..self.clone()
        }
    }

    /// How to speak to one sentinel: its own user and password, and TLS as to a node.
    pub(in crate::redis) fn of_sentinel(&self, seed: &Address) -> Self {
        let mut settings = self.at(&seed.host, seed.port);
        let mut own = RedisConnectionInfo::default();
        if let Place::Sentinel {
            credentials: Some(credentials),
            ..
        } = &self.place
        {
            own = own.set_password(&credentials.password);
            if let Some(user) = &credentials.user {
                own = own.set_username(user);
            }
        }
        settings.info = settings.info.set_redis_settings(own);
        settings
    }

    /// Whom to ask where the data nodes are; empty where the url names the node itself.
    pub(in crate::redis) fn seeds(&self) -> &[Address] {
        match &self.place {
            Place::Node => &[],
            Place::Sentinel { seeds, .. } | Place::Cluster { seeds } => seeds,
        }
    }

    pub(in crate::redis) fn speaks_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }

    /// What a person knows the node by.
    pub(in crate::redis) fn shown(&self) -> String {
        match &self.place {
            Place::Sentinel { name, .. } => name.to_string(),
            _ => self.info.addr().to_string(),
        }
    }

    /// The client of these settings; an error if the certificates can't be used.
    pub(in crate::redis) fn client(&self, protocol: ProtocolVersion) -> Result<Client, RedisError> {
        let redis = self.info.redis_settings().clone().set_protocol(protocol);
        let info = self.info.clone().set_redis_settings(redis);
        #[cfg(feature = "tls")]
        if let ConnectionAddr::TcpTls { .. } = info.addr() {
            // Only the first call in a process sets it; a provider of the user's own stands.
            let _ = rustls::crypto::ring::default_provider().install_default();
            return Client::build_with_tls(info, self.tls.certificates());
        }
        Client::open(info)
    }

    pub(crate) fn with_breaker(mut self, timeouts: u32) -> Self {
        self.breaker = timeouts;
        self
    }

    pub(crate) fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    pub(crate) fn with_times(mut self, op_timeout: Duration, lag: Duration) -> Self {
        self.op_timeout = op_timeout;
        self.lag = lag;
        self
    }

    pub(crate) fn with_probe(mut self, key: String) -> Self {
        self.probe = Some(key);
        self
    }

    /// Is pushed every change of a name that begins so.
    pub(crate) fn with_watched(mut self, beginning: String) -> Self {
        self.watched = Some(beginning);
        self
    }

    /// Has the server remember nothing of what is read.
    pub(in crate::redis) fn untracked(mut self) -> Self {
        self.tracked = false;
        self
    }

    pub(crate) fn with_home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// Has deletions wait for this number of replicas; beside each deletion the key `marker` is written.
    pub(crate) fn with_replicas(mut self, count: Option<u32>, marker: &str) -> Self {
        self.replicas = count.map(|count| Replicas {
            count,
            marker: marker.to_owned(),
        });
        self
    }

    /// Trusts the certificates of a PEM file instead of the system's.
    pub(crate) fn with_ca_file(mut self, path: Option<&Path>) -> Result<Self, String> {
        let Some(path) = path else {
            return Ok(self);
        };
        self.needs_tls("ca_file")?;
        self.tls.ca = Some(tls::authorities(path)?);
        match self.client(ProtocolVersion::RESP3) {
            Ok(_) => Ok(self),
            Err(_) => Err(format!(
                "`ca_file` {} holds a broken certificate",
                path.display()
            )),
        }
    }

    /// Shows a certificate of its own to servers that ask for one; the key belongs to its first.
    pub(crate) fn with_client_certificate(
        mut self,
        files: Option<(&Path, &Path)>,
    ) -> Result<Self, String> {
        let Some((chain, key)) = files else {
            return Ok(self);
        };
        self.needs_tls("client_certificate")?;
        self.tls.client = Some(ClientCertificate::read(chain, key)?);
        Ok(self)
    }

    fn needs_tls(&self, setting: &str) -> Result<(), String> {
        match self.speaks_tls() {
            true => Ok(()),
            false => Err(format!(
                "`{setting}` is set and the url is not one for TLS, such as `rediss://`"
            )),
        }
    }
}

impl std::fmt::Debug for LinkSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("LinkSettings");
        match &self.place {
            Place::Node => shown.field("address", &self.info.addr().to_string()),
            place => shown.field("place", place),
        };
        shown
            .field("op_timeout", &self.op_timeout)
            .field("lag", &self.lag)
            .finish_non_exhaustive()
    }
}
