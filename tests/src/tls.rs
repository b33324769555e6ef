//! TLS before a server that may have been built without it.

use std::io;
use std::path::PathBuf;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Takes TLS connections on a port and passes them to a server's Unix socket, until dropped.
#[derive(Debug)]
pub(crate) struct TlsFront {
    pub(crate) port: u16,
    task: JoinHandle<()>,
}

impl TlsFront {
    pub(crate) async fn start(acceptor: TlsAcceptor, socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(acceptor.clone(), client, socket.clone()));
            }
        });
        Ok(Self { port, task })
    }
}

/// Errors end the connection, which is what the other side of it is there to see.
async fn pass(acceptor: TlsAcceptor, client: TcpStream, socket: PathBuf) -> io::Result<()> {
    let mut client = match acceptor.accept(client).into_fallible().await {
        Ok(client) => client,
        Err((error, mut refused)) => {
            // Closed with something unread, it would be reset, and the client might not learn why.
            refused.shutdown().await?;
            tokio::io::copy(&mut refused, &mut tokio::io::sink()).await?;
            return Err(error);
        }
    };
    let mut server = UnixStream::connect(socket).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server)
        .await
        .map(drop)
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}
