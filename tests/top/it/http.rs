//! A request over HTTP, as little of it as the tests need.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path of a server on this machine; `headers` are lines that end in `\r\n`.
pub(crate) async fn get(address: &str, path: &str, headers: &str) -> io::Result<Answer> {
    let asked = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n");
    ask(address, &asked).await
}

/// Sends a form.
pub(crate) async fn post(
    address: &str,
    path: &str,
    headers: &str,
    form: &str,
) -> io::Result<Answer> {
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n{headers}\r\n",
        form.len()
    );
    ask(address, &format!("{head}{form}")).await
}

async fn ask(address: &str, asked: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(asked.as_bytes()).await?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await?;
    let all = String::from_utf8(all).map_err(io::Error::other)?;
    let (head, body) = all
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer {
        head: head.to_owned(),
        body: body.to_owned(),
    })
}
