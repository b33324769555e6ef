//! A network between a program and its server that can be made to fail.

mod pump;

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Server;
use pump::{Toward, pump};

/// What the network does to every connection through it, the open ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Passes everything.
    Whole,
    /// Passes every piece so much later, to the server and back.
    Slow(Duration),
    /// Passes what goes to the server at once, and every answer so much later.
    SlowReplies(Duration),
    /// Passes what goes to the server at once, and of the answers so many bytes a second.
    Narrow(u32),
    /// Holds everything back: connections stay open, new ones are taken, and nothing comes. What was
    /// held is passed when the network is whole again.
    Silent,
    /// Passes what goes to the server and swallows its answers. A connection that lost one gets no
    /// more when the network is whole again, as no network leaves a hole in a stream.
    HalfOpen,
    /// Passes what goes to the server and answers nonsense.
    Garbled,
    /// Passes so many more bytes of answers on each connection, and closes it in the middle of the
    /// reply that comes next; a new connection gets as many.
    CutMidReply(usize),
    /// Closes connections, new ones too.
    Cut,
}

/// A proxy before a [`Server`]; gone when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    userinfo: String,
    network: watch::Sender<Network>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A whole network before this server.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn start(server: &Server) -> io::Result<Self> {
        Self::before(server.port(), server.userinfo()).await
    }

    /// A whole network before a port of this machine, where nobody need listen yet; `userinfo` is
    /// what stands before the host in [`url`](Self::url), such as `:password@`.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn before(to: u16, userinfo: String) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (network, state) = watch::channel(Network::Whole);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, to, state.clone()));
            }
        });
        Ok(Self {
            port,
            userinfo,
            network,
            task,
        })
    }

    /// The server's address through this network.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.userinfo, self.port)
    }

    /// Where it listens, on the loopback interface.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the network from now on.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.network.send_replace(Network::Cut);
        self.task.abort();
    }
}

/// One connection, until either side or the network ends it.
async fn carry(
    client: TcpStream,
    to: u16,
    mut network: watch::Receiver<Network>,
) -> io::Result<()> {
    let state = network.wait_for(|network| *network != Network::Silent);
    // An error says that the test is over.
    if state.await.map_or(Network::Cut, |state| *state) == Network::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(("127.0.0.1", to)).await?;
    // Redis does so too; without it a push may wait 40 ms for the one before to be acknowledged.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let mut cut = network.clone();
    tokio::select! {
        ended = pump(&mut client_reads, &mut server_writes, Toward::Server, network.clone()) => ended,
        ended = pump(&mut server_reads, &mut client_writes, Toward::Client, network) => ended,
        _ = cut.wait_for(|network| *network == Network::Cut) => Ok(()),
    }
}
