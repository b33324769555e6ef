//! A real Redis server of a test's own: a free port, no disk, gone when dropped.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};

use crate::certificates::{self, Clients};
use crate::tls::TlsFront;

/// The Unix socket's name in the server's folder.
const SOCKET: &str = "socket";

const PORTS_TRIED: u32 = 3;

/// A server under test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
    builder: ServerBuilder,
    port: u16,
    tls: Option<TlsFront>,
}

/// What kind of server to start.
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    password: Option<String>,
    tls: Option<Clients>,
    arguments: Vec<String>,
}

impl ServerBuilder {
    /// Asks for a password from everyone.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Has TLS before it, with a certificate made for it; see [`Server::ca_file`]. It is the test's
    /// own, as not every server is built with it.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(Clients::Anyone);
        self
    }

    /// The same, and it takes only clients that show the certificate of
    /// [`Server::client_certificate`].
    #[must_use]
    pub fn mutual_tls(mut self) -> Self {
        self.tls = Some(Clients::Known);
        self
    }

    /// One more argument of the server, such as `--maxmemory`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// If no server is installed, or it does not answer within ten seconds.
    pub async fn start(self) -> io::Result<Server> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.try_start().await {
                // Another program may take the free port before the server does.
                Err(_) if attempts < PORTS_TRIED => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_start(&self) -> io::Result<Server> {
        let folder = tempfile::tempdir()?;
        let tls = match self.tls {
            Some(clients) => {
                let acceptor = certificates::acceptor(folder.path(), clients)?;
                Some(TlsFront::start(acceptor, folder.path().join(SOCKET)).await?)
            }
            None => None,
        };
        let port = free_port()?;
        let child = self.spawn(folder.path(), port)?;
        let mut server = Server {
            child,
            folder,
            builder: self.clone(),
            port,
            tls,
        };
        server.until_ready().await?;
        Ok(server)
    }

    fn spawn(&self, folder: &Path, port: u16) -> io::Result<Child> {
        let mut command = Command::new(server_binary()?);
        command.args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]);
        command
            .arg("--dir")
            .arg(folder)
            .arg("--unixsocket")
            .arg(folder.join(SOCKET));
        command.args(["--port", &port.to_string()]);
        if let Some(password) = &self.password {
            command.args(["--requirepass", password]);
        }
        command.args(&self.arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
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
        client.get_multiplexed_async_connection().await
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

/// `$REDIS_SERVER`, else a server on the `PATH`, else the one that `cargo xtask test` brought.
///
/// # Errors
///
/// If there is none.
pub fn server_binary() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("REDIS_SERVER") {
        return Ok(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let brought = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/redis-server");
    std::env::split_paths(&path)
        .chain([PathBuf::from(brought)])
        .flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            io::Error::other(
                "no Redis server: run `cargo xtask test`, which brings one, or install \
                 redis-server, or set REDIS_SERVER",
            )
        })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
