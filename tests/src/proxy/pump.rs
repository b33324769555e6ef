//! One direction of one connection through a network that may fail.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Network;

/// How many pieces may be under way; who sends more waits.
const UNDER_WAY: usize = 1_024;

const GARBAGE: &[u8] = b"!garbled\r\n\xff\x00?\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toward {
    Server,
    Client,
}

/// A piece, and when it arrives.
type Piece = (Instant, Vec<u8>);

/// What becomes of a piece.
enum Fate {
    Passes(Duration),
    Garbled,
    Lost,
    /// So much of it passes, and the connection ends.
    Cut(usize),
}

/// Passes pieces until either side or the network ends the connection.
pub(super) async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    toward: Toward,
    network: watch::Receiver<Network>,
) -> io::Result<()> {
    // They wait in a row, so that each is as late as the network says however many there are.
    let (pieces, row) = mpsc::channel(UNDER_WAY);
    tokio::try_join!(take(from, toward, network, pieces), give(to, row)).map(drop)
}

async fn take(
    from: &mut (impl AsyncRead + Unpin),
    toward: Toward,
    mut network: watch::Receiver<Network>,
    pieces: mpsc::Sender<Piece>,
) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    let mut past = Past::default();
    loop {
        let length = from.read(&mut piece).await?;
        // An error says that the test is over.
        let state = network.wait_for(|network| *network != Network::Silent);
        let Ok(state) = state.await.map(|state| *state) else {
            return Ok(());
        };
        if length == 0 {
            return Ok(());
        }
        let (late, bytes) = match past.fate(state, toward, length) {
            Fate::Passes(late) => (late, &piece[..length]),
            Fate::Garbled => (Duration::ZERO, GARBAGE),
            Fate::Lost => continue,
            Fate::Cut(left) => {
                let end = (Instant::now(), piece[..left].to_vec());
                // An error says that the other side has gone, as it does below.
                let _ = pieces.send(end).await;
                return Ok(());
            }
        };
        let piece = (Instant::now() + late, bytes.to_vec());
        if pieces.send(piece).await.is_err() {
            return Ok(());
        }
    }
}

async fn give(
    to: &mut (impl AsyncWrite + Unpin),
    mut row: mpsc::Receiver<Piece>,
) -> io::Result<()> {
    while let Some((arrives, bytes)) = row.recv().await {
        if arrives > Instant::now() {
            sleep_until(arrives).await;
        }
        to.write_all(&bytes).await?;
    }
    Ok(())
}

/// What a direction has been through.
#[derive(Default)]
struct Past {
    has_lost: bool,
    /// How much is still passed, since the network began to cut.
    left: Option<usize>,
    /// When what went before has gone through a narrow network.
    free: Option<Instant>,
}

impl Past {
    fn fate(&mut self, state: Network, toward: Toward, length: usize) -> Fate {
        let to_client = toward == Toward::Client;
        if self.has_lost || state == Network::HalfOpen && to_client {
            self.has_lost = true;
            return Fate::Lost;
        }
        let Network::CutMidReply(most) = state else {
            self.left = None;
            return match state {
                Network::Garbled if to_client => Fate::Garbled,
                Network::SlowReplies(by) if to_client => Fate::Passes(by),
                Network::Slow(by) => Fate::Passes(by),
                Network::Narrow(rate) if to_client => Fate::Passes(self.narrowed(rate, length)),
                _ => Fate::Passes(Duration::ZERO),
            };
        };
        let left = self.left.unwrap_or(most);
        if to_client && length > left {
            return Fate::Cut(left);
        }
        self.left = Some(left - if to_client { length } else { 0 });
        Fate::Passes(Duration::ZERO)
    }

    /// How late a piece is that goes through behind those before it.
    fn narrowed(&mut self, rate: u32, length: usize) -> Duration {
        let now = Instant::now();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let takes = Duration::from_secs(1).saturating_mul(length) / rate.max(1);
        let through = self.free.map_or(now, |free| free.max(now)) + takes;
        self.free = Some(through);
        through - now
    }
}
