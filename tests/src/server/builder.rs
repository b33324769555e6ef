//! What kind of server to start, and the process that it becomes.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::binary::server_binary;
use super::{SOCKET, Server, ports};
use crate::certificates::{self, Clients, Dates};
use crate::tls::TlsFront;

const PORTS_TRIED: u32 = 3;

/// The configuration's name in the server's folder.
const CONFIGURATION: &str = "server.conf";

/// What kind of server to start.
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    pub(super) password: Option<String>,
    pub(super) tls: Option<Clients>,
    dates: Dates,
    port: Option<u16>,
    configuration: Option<String>,
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

    /// [`tls`](Self::tls) with a certificate that has expired.
    #[must_use]
    pub fn expired_tls(mut self) -> Self {
        self.dates = Dates::Past;
        self.tls()
    }

    /// [`tls`](Self::tls) with a certificate that is not valid yet.
    #[must_use]
    pub fn future_tls(mut self) -> Self {
        self.dates = Dates::Future;
        self.tls()
    }

    /// [`tls`](Self::tls), and it takes only clients that show the certificate of
    /// [`Server::client_certificate`].
    #[must_use]
    pub fn mutual_tls(mut self) -> Self {
        self.tls = Some(Clients::Known);
        self
    }

    /// Listens on this port, where otherwise it takes one that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Starts from a file with these lines, which it may write itself, as a sentinel does. What it
    /// wrote is there when it is started again.
    #[must_use]
    pub fn configuration(mut self, lines: &str) -> Self {
        self.configuration = Some(lines.to_owned());
        self
    }

    /// One more argument of the server, such as `--maxmemory`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// More arguments of the server.
    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(str::to_owned));
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
                Err(_) if attempts < PORTS_TRIED && self.port.is_none() => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_start(&self) -> io::Result<Server> {
        let folder = tempfile::tempdir()?;
        let tls = match self.tls {
            Some(clients) => {
                let acceptor = certificates::acceptor(folder.path(), clients, self.dates)?;
                Some(TlsFront::start(acceptor, folder.path().join(SOCKET)).await?)
            }
            None => None,
        };
        if let Some(lines) = &self.configuration {
            std::fs::write(folder.path().join(CONFIGURATION), lines)?;
        }
        let port = self.port.map_or_else(ports::free, Ok)?;
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

    pub(super) fn spawn(&self, folder: &Path, port: u16) -> io::Result<Child> {
        let mut command = Command::new(server_binary()?);
        if self.configuration.is_some() {
            command.arg(folder.join(CONFIGURATION));
        }
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
