//! Opening a connection, and finding out why that failed where one side speaks TLS and the other
//! does not: neither says so. A plain server waits for the end of a line that TLS has none of; one
//! that speaks TLS cuts the connection.

use std::time::Duration;

use redis::{ConnectionAddr, RedisError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::boxed::boxed;
use crate::own_thread::{sleep, timeout};
use crate::redis::terms::fault::Fault;
use crate::redis::wire::settings::LinkSettings;

/// How long TLS may stay unanswered before the port is asked what it speaks, and how long that may take.
const HESITATION: Duration = Duration::from_millis(200);

/// A language that a port may speak: what to say in it, and how an answer begins.
struct Language {
    greeting: &'static [u8],
    answers: &'static [u8],
}

/// The protocol of Redis: an answer is a string or an error, that a password is missing for one.
const PLAIN: Language = Language {
    greeting: b"PING\r\n",
    answers: b"+-",
};

/// TLS: the shortest greeting of its version 1.2 (RFC 5246, 7.4.1.2). An answer is a handshake or an alert,
/// that it is too short for one.
const TLS: Language = Language {
    greeting: &{
        // A record: a handshake of 45 bytes; in it a greeting of 41: version, 32 random bytes that
        // protect nothing here, no session, one suite of ciphers, no compression.
        let mut greeting = [0; 50];
        let head = [0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3];
        let tail = [0, 0, 2, 0xc0, 0x2f, 1, 0];
        let mut at = 0;
        while at < head.len() {
            greeting[at] = head[at];
            at += 1;
        }
        let mut at = 0;
        while at < tail.len() {
            greeting[head.len() + 32 + at] = tail[at];
            at += 1;
        }
        greeting
    },
    answers: &[0x15, 0x16],
};

/// The connection that is being opened to the node of these settings, or why there is none.
pub(in crate::redis) async fn opened<T>(
    settings: &LinkSettings,
    opening: impl Future<Output = Result<T, RedisError>> + Unpin,
) -> Result<T, Fault> {
    let error = if settings.speaks_tls() {
        tokio::select! {
            biased;
            opened = opening => opened,
            () = boxed(|| is_plain(settings)) => return Err(Fault::TlsToPlain),
        }
    } else {
        opening.await
    };
    let error = match error {
        Ok(opened) => return Ok(opened),
        Err(error) => error,
    };
    match Fault::from(&error) {
        Fault::Broken | Fault::Protocol if boxed(|| is_tls(settings)).await => {
            Err(Fault::PlainToTls)
        }
        Fault::Broken => Err(Fault::Unreachable),
        fault => Err(fault),
    }
}

/// Ends once a port that leaves TLS unanswered has said something in plain words.
async fn is_plain(settings: &LinkSettings) {
    sleep(HESITATION).await;
    if !speaks(settings, &PLAIN).await {
        std::future::pending().await
    }
}

/// Whether a port that was spoken to plainly wants TLS.
async fn is_tls(settings: &LinkSettings) -> bool {
    !settings.speaks_tls() && speaks(settings, &TLS).await
}

/// Whether the node's port answers in a language, on a connection of the moment.
async fn speaks(settings: &LinkSettings, language: &Language) -> bool {
    let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) =
        settings.info.addr()
    else {
        return false;
    };
    let asked = async {
        let mut port = TcpStream::connect((host.as_str(), *port)).await.ok()?;
        port.write_all(language.greeting).await.ok()?;
        port.read_u8().await.ok()
    };
    let answer = timeout(HESITATION, asked).await.ok().flatten();
    answer.is_some_and(|first| language.answers.contains(&first))
}
