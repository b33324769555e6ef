//! A connection without a client: what comes over it, in the order in which it comes.

use cache_tests::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) struct Wire(TcpStream);

impl Wire {
    /// Speaks RESP3, and tracks with these options.
    pub(super) async fn tracking(server: &Server, options: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port()));
        let mut wire = Self(stream.await.unwrap());
        wire.tell(&format!("HELLO 3\r\nCLIENT TRACKING ON {options}\r\n"))
            .await;
        wire
    }

    /// Sends lines in one write, and gives all that came up to the answer of a `PING` behind them.
    pub(super) async fn tell(&mut self, lines: &str) -> String {
        let lines = format!("{lines}PING\r\n");
        self.0.write_all(lines.as_bytes()).await.unwrap();
        let mut came = Vec::new();
        while !came.ends_with(b"+PONG\r\n") {
            assert_ne!(self.0.read_buf(&mut came).await.unwrap(), 0, "closed");
        }
        String::from_utf8(came).unwrap()
    }
}

/// The push for one key, as it stands on the wire.
pub(super) fn push(key: &str) -> String {
    format!(
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n${}\r\n{key}\r\n",
        key.len()
    )
}
