//! A real Redis server of a test's own: a free port, no disk, gone when dropped.

mod binary;
mod builder;
mod ports;

use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};

use crate::tls::TlsFront;

pub use builder::ServerBuilder;
pub(crate) use ports::{BUS, free as free_port};

/// The Unix socket's name in the server's folder.
const SOCKET: &str = "socket";

/// How long a server may take to answer a command of a test, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server under test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
    builder: ServerBuilder,
    port: u16,
    tls: Option<TlsFront>,
}

impl Server {
    /// A plain server.
    ///
    /// # Errors
    ///
    /// As [`ServerBuilder::start`].
    pub async fn start() -> io::Result<Self> {
        ServerBuilder::default().start().await
    }

    /// A server of some kind.
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where it is, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        let userinfo = self.userinfo();
        match &self.tls {
            Some(front) => format!("rediss://{userinfo}localhost:{}", front.port),
            None => format!("redis://{userinfo}127.0.0.1:{}", self.port),
        }
    }

    /// The part of a URL before the host.
    pub(crate) fn userinfo(&self) -> String {
        let password = self.builder.password.as_ref();
        password.map_or_else(String::new, |word| format!(":{word}@"))
    }

    /// Where it listens without TLS, on the loopback interface.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its Unix socket is.
    #[must_use]
    pub fn unix_url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join(SOCKET).display())
    }

    /// The certificate of the authority that signed a TLS server's own.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate that a server with TLS accepts of a client, and its key.
    #[must_use]
    pub fn client_certificate(&self) -> [PathBuf; 2] {
        ["client.pem", "client-key.pem"].map(|name| self.folder.path().join(name))
    }

    /// One that it does not, from another authority.
    #[must_use]
    pub fn foreign_certificate(&self) -> [PathBuf; 2] {
        ["stranger.pem", "stranger-key.pem"].map(|name| self.folder.path().join(name))
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A connection of the test's own, over the Unix socket.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let password = self.builder.password.as_ref();
        let password = password.map_or_else(String::new, |word| format!("?pass={word}"));
        let client = redis::Client::open(format!("{}{password}", self.unix_url()))?;
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// Runs one command.
    ///
    /// # Errors
    ///
    /// The server's.
    pub async fn command(&self, words: &[&[u8]]) -> redis::RedisResult<redis::Value> {
        let mut command = redis::Cmd::new();
        command.arg(words);
        command.query_async(&mut self.connect().await?).await
    }

    /// Runs one command given as text.
    ///
    /// # Errors
    ///
    /// The server's.
    pub async fn run(&self, words: &[&str]) -> redis::RedisResult<redis::Value> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        self.command(&words).await
    }

    /// Every key.
    ///
    /// # Errors
    ///
    /// The server's.
    pub async fn keys(&self) -> redis::RedisResult<Vec<String>> {
        redis::cmd("KEYS")
            .arg("*")
            .query_async(&mut self.connect().await?)
            .await
    }

    /// Kills it with SIGKILL.
    ///
    /// # Errors
    ///
    /// If the signal can't be sent.
    pub fn kill9(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Starts it again after [`kill9`](Self::kill9), on the same port, with what it saved: nothing, unless
    /// it was told to.
    ///
    /// # Errors
    ///
    /// As [`ServerBuilder::start`].
    pub async fn restart(&mut self) -> io::Result<()> {
        self.child = self.builder.spawn(self.folder.path(), self.port)?;
        self.until_ready().await
    }

    /// Stops it in its tracks: connections stay open and nothing answers.
    ///
    /// # Errors
    ///
    /// If the signal can't be sent.
    pub fn pause(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// If the signal can't be sent.
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        kill_process(Pid::from_child(&self.child), signal).map_err(io::Error::from)
    }

    async fn until_ready(&mut self) -> io::Result<()> {
        let start = Instant::now();
        while self.child.try_wait()?.is_none() && start.elapsed() < Duration::from_secs(10) {
            if let Ok(mut connection) = self.connect().await
                && redis::cmd("PING").exec_async(&mut connection).await.is_ok()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Err(io::Error::other("the server ended, or does not answer"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.resume();
        let _ = self.kill9();
    }
}
