//! One server, and the network before it.

use std::io;
use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::loading::Loading;
use crate::faults::row::Fault;
use crate::server::free_port;
use crate::{Network, Proxy, Server};

/// So much of the answers on each connection passes: what it takes to connect, and then some.
const CUT_AFTER: usize = 1_000;

#[derive(Debug)]
pub(in crate::faults) struct SingleScene {
    fault: Fault,
    port: u16,
    /// None before the fault that there is none is mended.
    server: Option<Server>,
    proxy: Proxy,
    /// From before the strike, as a new one may be refused.
    own: Option<MultiplexedConnection>,
    loading: Option<Loading>,
}

impl SingleScene {
    pub(super) async fn start(fault: Fault) -> io::Result<Self> {
        let port = free_port()?;
        let mut server = Server::builder().port(port);
        if fault == Fault::Loading {
            server = server.arguments(Loading::ARGUMENTS);
        }
        let mut scene = Self {
            fault,
            port,
            server: None,
            proxy: Proxy::before(port, String::new()).await?,
            own: None,
            loading: None,
        };
        if fault != Fault::Refused {
            let server = server.start().await?;
            scene.own = Some(server.connect().await.map_err(io::Error::other)?);
            scene.server = Some(server);
        }
        if fault == Fault::Loading {
            Loading::fill(scene.server()?).await?;
        }
        Ok(scene)
    }

    /// Through the network only where that is what fails: a refused connection is refused by the
    /// machine.
    pub(super) fn url(&self) -> String {
        match self.network() {
            Some(_) => self.proxy.url(),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    fn network(&self) -> Option<Network> {
        let late = |ms| Network::SlowReplies(Duration::from_millis(ms));
        Some(match self.fault {
            Fault::BlackHole => Network::Silent,
            Fault::Slow50 => late(50),
            Fault::Slow500 => late(500),
            Fault::CutMidReply => Network::CutMidReply(CUT_AFTER),
            Fault::Garbage => Network::Garbled,
            _ => return None,
        })
    }

    pub(super) async fn strike(&mut self) -> io::Result<()> {
        if let Some(network) = self.network() {
            self.proxy.set(network);
        }
        match self.fault {
            Fault::Killed => self.server_mut()?.kill9(),
            Fault::Stopped => self.server()?.pause(),
            Fault::Loading => {
                self.loading = Some(Loading::start(self.server()?).await?);
                Ok(())
            }
            Fault::Full => {
                self.set("maxmemory-policy", "noeviction").await?;
                self.set("maxmemory", "1").await
            }
            // Its master is where nobody listens.
            Fault::ReadOnly => self.run(&["REPLICAOF", "127.0.0.1", "1"]).await,
            Fault::NoAuth => {
                self.set("requirepass", "another").await?;
                // Who has said a password is not asked again.
                self.run(&KILL_CLIENTS).await
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn strike_again(&mut self) -> io::Result<()> {
        match self.fault {
            Fault::ClientKill => self.run(&KILL_CLIENTS).await,
            Fault::ScriptFlush => self.run(&["SCRIPT", "FLUSH"]).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn mend(&mut self) -> io::Result<()> {
        self.proxy.set(Network::Whole);
        match self.fault {
            Fault::Refused => {
                self.server = Some(Server::builder().port(self.port).start().await?);
                Ok(())
            }
            Fault::Killed => self.server_mut()?.restart().await,
            Fault::Stopped => self.server()?.resume(),
            Fault::Full => self.set("maxmemory", "0").await,
            Fault::Loading => match self.loading.take() {
                Some(loading) => loading.finish(self.server()?).await,
                None => Ok(()),
            },
            Fault::ReadOnly => self.run(&["REPLICAOF", "NO", "ONE"]).await,
            Fault::NoAuth => self.set("requirepass", "").await,
            _ => Ok(()),
        }
    }

    async fn set(&mut self, setting: &str, value: &str) -> io::Result<()> {
        self.run(&["CONFIG", "SET", setting, value]).await
    }

    async fn run(&mut self, words: &[&str]) -> io::Result<()> {
        let Some(own) = &mut self.own else {
            return Err(io::Error::other("there is no server yet"));
        };
        let told = redis::cmd(words[0]).arg(&words[1..]).exec_async(own).await;
        told.map_err(io::Error::other)
    }

    fn server(&self) -> io::Result<&Server> {
        let server = self.server.as_ref();
        server.ok_or_else(|| io::Error::other("there is no server yet"))
    }

    fn server_mut(&mut self) -> io::Result<&mut Server> {
        let server = self.server.as_mut();
        server.ok_or_else(|| io::Error::other("there is no server yet"))
    }
}

/// All but the connection that says so.
const KILL_CLIENTS: [&str; 4] = ["CLIENT", "KILL", "TYPE", "normal"];
