//! Where the data nodes are, or which nodes are to be asked for that.

use std::fmt;
use std::sync::Arc;

use redis::{ConnectionAddr, ConnectionInfo};

/// Where the data nodes are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At the one address of the url.
    Node,
    /// Where sentinels say that the master of this name is.
    Sentinel {
        seeds: Arc<[Address]>,
        name: Arc<str>,
        /// For the sentinels themselves.
        credentials: Option<Credentials>,
    },
    /// Where a cluster's nodes say that its masters are.
    Cluster { seeds: Arc<[Address]> },
}

/// A host and a port. `Display` puts an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A node that somebody named, and that may be another one's replica by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) address: Address,
    /// What sentinels count their failovers by; 0 elsewhere.
    pub(crate) epoch: u64,
}

/// A user and a password, which `Debug` does not show.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: Option<String>,
    pub(crate) password: String,
}

impl Address {
    /// Where the client would connect; `None` for a Unix socket.
    pub(super) fn of(info: &ConnectionInfo) -> Option<Self> {
        match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(Self {
                    host: host.clone(),
                    port: *port,
                })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}
