//! A request to a program over HTTP/1.1, by hyper, whose server answers it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::exit::{Exit, Failure};

/// What the token of who asks stands in.
const TOKEN: &str = "CACHE_CONSOLE_TOKEN";

/// How long a connection may take, and how long a program may be silent while it warms: it tells of itself once a second.
const CONNECTING: Duration = Duration::from_secs(5);
const SILENT: Duration = Duration::from_secs(60);

/// The longest line, and the longest answer that is no list of lines.
const LONGEST: usize = 1 << 20;

/// Where a program warms.
#[derive(Debug)]
pub(super) struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    is_tls: bool,
    token: Option<HeaderValue>,
}

/// An answer, as it comes.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Incoming,
    read: Vec<u8>,
}

/// A connection, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Endpoint {
    /// That of the page at an address, `http://127.0.0.1:3001/cache`.
    pub(super) fn of(address: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::usage(format!("{address}: {why}"));
        let uri = address.parse::<Uri>();
        let uri = uri.map_err(|_| wrong("it is no URL, such as http://127.0.0.1:3001/cache"))?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong("it begins with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            // It is not told again.
            return Err(Failure::usage(format!(
                "the address has a user or a password in it, which every user of this machine sees in the list of \
                 processes: give the token in {TOKEN}"
            )));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority
            .port_u16()
            .unwrap_or(if is_tls { 443 } else { 80 });
        let path = format!("{}/warm", uri.path().trim_end_matches('/'));
        let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let token = token.map(|token| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| Failure::usage(format!("{TOKEN} has what no header takes")))?;
            value.set_sensitive(true);
            Ok::<_, Failure>(value)
        });
        Ok(Self {
            uri: path.parse().map_err(|_| wrong("its path is none"))?,
            host,
            port,
            is_tls,
            token: token.transpose()?,
        })
    }

    pub(super) async fn get(&self) -> Result<Answer, Failure> {
        self.ask(Method::GET, String::new()).await
    }

    pub(super) async fn post(&self, body: String) -> Result<Answer, Failure> {
        self.ask(Method::POST, body).await
    }

    async fn ask(&self, method: Method, body: String) -> Result<Answer, Failure> {
        let stream = timeout(CONNECTING, self.connect()).await;
        let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let stream = stream.map_err(|error| self.unreachable(&error))?;
        let shaking = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream));
        let (mut sender, connection) = shaking.await.map_err(|error| self.unreachable(&error))?;
        // It ends with its sender and its answer.
        tokio::spawn(connection);
        let host = match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(self.uri.clone())
            .header(HOST, host)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        let request = request.body(Full::from(body));
        let request = request.map_err(|error| Failure::usage(error.to_string()))?;
        let answered = timeout(SILENT, sender.send_request(request)).await;
        let answered = answered.map_err(|_| self.unreachable(&"it does not answer"))?;
        let answered = answered.map_err(|error| self.unreachable(&error))?;
        Ok(Answer {
            status: answered.status().as_u16(),
            body: answered.into_body(),
            read: Vec::new(),
        })
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        if !self.is_tls {
            return Ok(Box::new(stream));
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
        Ok(Box::new(stream.await?))
    }

    fn unreachable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure {
            exit: Exit::Unreachable,
            text: format!(
                "the program at {}:{} can't be reached: {why}; see that it runs, and that this is the address of its \
                 page",
                self.host, self.port
            ),
        }
    }
}

impl Answer {
    /// All of it.
    pub(super) async fn whole(&mut self) -> Result<Vec<u8>, Failure> {
        while self.more().await? {}
        Ok(std::mem::take(&mut self.read))
    }

    /// The next line; none at the end.
    pub(super) async fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.read, rest);
                line.truncate(end);
                return Ok(Some(line));
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Reads some more; whether there was any.
    async fn more(&mut self) -> Result<bool, Failure> {
        let cut = |why: String| Failure {
            exit: Exit::Partly,
            text: format!("the program's answer was cut off: {why}"),
        };
        let frame = timeout(SILENT, self.body.frame()).await;
        let frame = frame.map_err(|_| cut("it was silent for a minute".to_owned()))?;
        let Some(frame) = frame else {
            return Ok(false);
        };
        let frame = frame.map_err(|error| cut(error.to_string()))?;
        if let Some(bytes) = frame.data_ref() {
            self.read.extend_from_slice(bytes);
        }
        match self.read.len() > LONGEST {
            true => Err(cut("it is longer than any should be".to_owned())),
            false => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_route_below_the_page() {
        for (address, host, port, path) in [
            (
                "http://127.0.0.1:3001/cache",
                "127.0.0.1",
                3001,
                "/cache/warm",
            ),
            ("http://[::1]:3001/cache/", "::1", 3001, "/cache/warm"),
            ("https://ops.example", "ops.example", 443, "/warm"),
        ] {
            let endpoint = Endpoint::of(address).unwrap();
            assert_eq!((&*endpoint.host, endpoint.port), (host, port), "{address}");
            assert_eq!(endpoint.uri, path, "{address}");
        }
    }

    #[test]
    fn a_wrong_address_is_told_of_and_a_password_in_it_is_not() {
        for address in ["", "127.0.0.1:3001", "ftp://host", "/cache", "http://"] {
            assert_eq!(
                Endpoint::of(address).unwrap_err().exit,
                Exit::Usage,
                "{address}"
            );
        }
        let refused = Endpoint::of("http://ada:s3cret@host/cache").unwrap_err();
        assert!(!refused.text.contains("s3cret"), "{}", refused.text);
    }
}
