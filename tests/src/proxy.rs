//! A network between a program and its server that can be made to fail.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Server;

/// What the network does to every connection through it, the open ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Passes everything.
    Whole,
    /// Passes every piece so much later.
    Slow(Duration),
    /// Holds everything back: connections stay open and nothing comes. What was held is passed
    /// when the network is whole again.
    Silent,
    /// Passes what goes to the server and swallows its answers. A connection that lost one gets no
    /// more when the network is whole again, as no network leaves a hole in a stream.
    HalfOpen,
    /// Passes what goes to the server and answers nonsense.
    Garbled,
    /// Closes connections, new ones too.
    Cut,
}

/// A proxy before a [`Server`]; gone when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    password: String,
    network: watch::Sender<Network>,
    task: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Toward {
    Server,
    Client,
}

impl Proxy {
    /// A whole network before this server.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn start(server: &Server) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (network, state) = watch::channel(Network::Whole);
        let to = server.port();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, to, state.clone()));
            }
        });
        Ok(Self {
            port,
            password: server.userinfo(),
            network,
            task,
        })
    }

    /// The server's address through this network.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.password, self.port)
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
async fn carry(client: TcpStream, to: u16, network: watch::Receiver<Network>) -> io::Result<()> {
    if *network.borrow() == Network::Cut {
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

async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    toward: Toward,
    mut network: watch::Receiver<Network>,
) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    let mut lost = false;
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        // An error says that the test is over.
        let Ok(state) = network
            .wait_for(|network| *network != Network::Silent)
            .await
            .map(|s| *s)
        else {
            return Ok(());
        };
        match state {
            Network::HalfOpen if toward == Toward::Client => {
                lost = true;
                continue;
            }
            _ if lost => continue,
            Network::Garbled if toward == Toward::Client => {
                to.write_all(b"!garbled\r\n\xff\x00?\r\n").await?;
                continue;
            }
            Network::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        to.write_all(&piece[..length]).await?;
    }
}
