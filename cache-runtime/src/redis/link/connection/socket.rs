//! The socket under a connection: opened to a node's address, lent to the client crate for the greeting, and
//! taken back for the driver.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::select_ok;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, ProtocolVersion, RedisError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, tcp, unix};

use crate::boxed::boxed;
use crate::redis::wire::settings::LinkSettings;

/// What a driver reads from and writes to.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// The half of a socket that whoever holds it may write to, from any thread and without waiting.
#[derive(Debug)]
pub(super) enum Plain {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
}

/// An open socket: the driver's half, and where nothing is encrypted the half that callers write to.
pub(super) struct Opened {
    pub(super) driven: Box<dyn Socket>,
    pub(super) written: Option<Arc<Plain>>,
}

impl Opened {
    /// Connects to the node of these settings, and greets it as the URL says.
    pub(super) async fn open(
        settings: &LinkSettings,
        protocol: ProtocolVersion,
    ) -> Result<Self, RedisError> {
        // It says here what is wrong with the certificates.
        let _client = settings.client(protocol)?;
        let opened = boxed(|| Self::connect(settings)).await?;
        opened.greet(settings, protocol).await
    }

    async fn connect(settings: &LinkSettings) -> Result<Self, RedisError> {
        match settings.info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                let (read, write) = connected(host, *port).await?.into_split();
                Ok(Self::plain(read, Plain::Tcp(write)))
            }
            ConnectionAddr::Unix(path) => {
                let (read, write) = UnixStream::connect(path).await?.into_split();
                Ok(Self::plain(read, Plain::Unix(write)))
            }
            #[cfg(feature = "tls")]
            ConnectionAddr::TcpTls { host, port, .. } => {
                let config = settings.tls.config()?;
                let name = rustls::pki_types::ServerName::try_from(host.clone());
                let name = name.map_err(io::Error::other)?;
                let stream = connected(host, *port).await?;
                let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
                Ok(Self {
                    driven: Box::new(connector.connect(name, stream).await?),
                    written: None,
                })
            }
            _ => Err(io::Error::from(io::ErrorKind::Unsupported).into()),
        }
    }

    fn plain(read: impl AsyncRead + Send + Unpin + 'static, write: Plain) -> Self {
        let write = Arc::new(write);
        let shared = Arc::clone(&write);
        Self {
            driven: Box::new(Halves {
                read,
                write: shared,
            }),
            written: Some(write),
        }
    }

    /// Has the client crate say hello, with the user, the password and the database.
    async fn greet(
        self,
        settings: &LinkSettings,
        protocol: ProtocolVersion,
    ) -> Result<Self, RedisError> {
        let user = settings.info.redis_settings().clone();
        let user = user.set_protocol(protocol);
        let lent = Lent(Arc::new(Mutex::new(Some(self.driven))));
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None);
        let greeted = MultiplexedConnection::new_with_config(&user, lent.clone(), config).await;
        // Neither was used, so nothing was read but the answers to the greeting.
        drop(greeted?);
        let driven = lent.0.lock().take();
        let driven = driven.ok_or(io::ErrorKind::NotConnected);
        Ok(Self {
            driven: driven.map_err(io::Error::from)?,
            written: self.written,
        })
    }
}

/// The first of the host's addresses that answers.
async fn connected(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = tokio::net::lookup_host((host, port)).await?;
    let attempts: Vec<_> = addresses
        .map(|address| Box::pin(TcpStream::connect(address)))
        .collect();
    if attempts.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let (stream, _) = select_ok(attempts).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Plain {
    /// Writes as much as goes without waiting.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.try_write(bytes),
            Self::Unix(half) => half.try_write(bytes),
        }
    }

    fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(half) => half.as_ref().poll_write_ready(context),
            Self::Unix(half) => half.as_ref().poll_write_ready(context),
        }
    }
}

/// The driver's socket, to which others write as well. What it reads goes through the half of its own, as that
/// knows after a short read that no more is there, and does not ask again.
struct Halves<R> {
    read: R,
    write: Arc<Plain>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Halves<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(context, buffer)
    }
}

impl<R: Unpin> AsyncWrite for Halves<R> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.write.poll_writable(context))?;
            match self.write.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The socket is closed when it is dropped.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A socket that is lent, until it is taken back.
#[derive(Clone)]
struct Lent(Arc<Mutex<Option<Box<dyn Socket>>>>);

impl Lent {
    fn poll<T>(
        &self,
        ask: impl FnOnce(Pin<&mut Box<dyn Socket>>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *self.0.lock() {
            Some(socket) => ask(Pin::new(socket)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|socket| socket.poll_read(context, buffer))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|socket| socket.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|socket| socket.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|socket| socket.poll_shutdown(context))
    }
}
