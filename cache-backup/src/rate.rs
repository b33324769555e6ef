//! How fast work may go, so that traffic does not feel it.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How much may be done in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// So many entries.
    Entries(u64),
    /// So many bytes of entries.
    Bytes(u64),
}

impl FromStr for Rate {
    type Err = &'static str;

    /// `5000` entries, or `20MB`, `20MiB`, `500kB` of bytes a second.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const TAKES: &str =
            "it takes entries (`5000`) or bytes (`500kB`, `20MB`, `20MiB`) a second";
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: u64 = number.parse().map_err(|_| TAKES)?;
        let of = match unit {
            "" => 1,
            "kB" => 1_000,
            "KiB" => 1 << 10,
            "MB" => 1_000_000,
            "MiB" => 1 << 20,
            _ => return Err(TAKES),
        };
        match (number.saturating_mul(of), unit) {
            (0, _) => Err("it is 1 at least"),
            (number, "") => Ok(Self::Entries(number)),
            (number, _) => Ok(Self::Bytes(number)),
        }
    }
}

/// Work that is held to a rate.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Option<Rate>,
    /// When what was done until now may be over.
    due: Instant,
}

impl Pace {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            due: Instant::now(),
        }
    }

    /// Waits for as long as this much takes at the rate. What was lost earlier is not made up for.
    pub(crate) async fn did(&mut self, entries: u64, bytes: u64) {
        let (count, each_second) = match self.rate {
            None => return,
            Some(Rate::Entries(rate)) => (entries, rate),
            Some(Rate::Bytes(rate)) => (bytes, rate),
        };
        let nanos = u128::from(count) * 1_000_000_000 / u128::from(each_second.max(1));
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.due = self.due.max(Instant::now() - takes) + takes;
        sleep_until(self.due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_bytes_are_told_apart() {
        assert_eq!("5000".parse(), Ok(Rate::Entries(5_000)));
        assert_eq!("500kB".parse(), Ok(Rate::Bytes(500_000)));
        assert_eq!("2MiB".parse(), Ok(Rate::Bytes(2 << 20)));
        for wrong in ["", "0", "-1", "5 MB", "5GB", "MB", "99999999999999999999"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn work_takes_as_long_as_its_rate_says() {
        let mut pace = Pace::new(Some(Rate::Entries(1_000)));
        let start = Instant::now();
        for _ in 0..5 {
            pace.did(20, 1).await;
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(80), "{took:?}");
    }
}
