//! The times of an entry of a backup, in the clock of the node that it comes back to.

use super::{Fate, Returning};
use crate::frame::Header;
use crate::load::LONGEST_MS;

/// How far an entry's birth may be ahead of what this process takes for the node's time, in milliseconds.
const AHEAD_MS: u64 = 1_000;

/// When an entry is fresh and stale, in the clock of its node, and how long its key is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) born_ms: u64,
    pub(super) fresh_until_ms: u64,
    pub(super) stale_until_ms: u64,
    pub(super) life_ms: u64,
    /// Whether they are others than in the backup, but for the end of its freshness.
    pub(super) are_shifted: bool,
}

impl Times {
    /// The entry is as old as it was when it was read, and what has passed since.
    ///
    /// # Errors
    ///
    /// [`Fate::Expired`] if its time is over, [`Fate::NoStaleWindow`] if it may come back only as stale and has none.
    pub(super) fn of(
        header: &Header<&str>,
        returning: &Returning,
        (run, node_ms): ([u8; 8], u64),
        trust: bool,
    ) -> Result<Self, Fate> {
        let entry = &returning.entry;
        let passed_ms = match entry.run == run {
            true => node_ms.saturating_sub(entry.node_ms),
            false => returning.passed_ms,
        };
        let shift = i128::from(node_ms) - i128::from(passed_ms) - i128::from(entry.node_ms);
        let moved = |ms: u64| {
            let moved = (i128::from(ms) + shift).max(0);
            u64::try_from(moved).unwrap_or(u64::MAX)
        };
        let (born_ms, fresh, stale) = (
            moved(header.born_ms),
            moved(header.fresh_until_ms),
            moved(header.stale_until_ms),
        );
        let end = fresh.max(stale);
        let left_ms = entry.left_ms.saturating_sub(passed_ms);
        if born_ms > node_ms.saturating_add(AHEAD_MS) || end <= node_ms || left_ms == 0 {
            return Err(Fate::Expired);
        }
        if !trust && header.stale_until_ms <= header.fresh_until_ms {
            return Err(Fate::NoStaleWindow);
        }
        Ok(Self {
            born_ms,
            fresh_until_ms: match trust {
                true => fresh,
                false => fresh.min(node_ms),
            },
            stale_until_ms: end,
            life_ms: (end - node_ms).min(left_ms).min(LONGEST_MS),
            are_shifted: shift != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;

    use super::*;
    use crate::admin::StoredEntry;
    use crate::frame::CodecId;
    use crate::policy::Compression;

    /// By the clock of the node that the backup was made of.
    const BORN: u64 = 1_000_000_000;
    const HERE: [u8; 8] = [1; 8];

    /// Fresh for 60 s and stale for 60 s more, read 10 s after it was born.
    fn times(run: [u8; 8], passed_ms: u64, node_ms: u64, trust: bool) -> Result<Times, Fate> {
        times_of(60_000, run, passed_ms, node_ms, trust)
    }

    fn times_of(
        stale_ms: u64,
        run: [u8; 8],
        passed_ms: u64,
        node_ms: u64,
        trust: bool,
    ) -> Result<Times, Fate> {
        let header = Header {
            codec: CodecId::Bincode,
            is_encrypted: false,
            compression: Compression::None,
            flags: 0,
            id: [0; 16],
            digest: [0; 32],
            shape: 0,
            born_ms: BORN,
            fresh_until_ms: BORN + 60_000,
            stale_until_ms: BORN + 60_000 + stale_ms,
            load_us: 0,
            stamps: SmallVec::new(),
        };
        let entry = StoredEntry {
            name: String::new(),
            frame: Vec::new(),
            left_ms: 110_000,
            node_ms: BORN + 10_000,
            run,
        };
        let returning = Returning { entry, passed_ms };
        Times::of(&header, &returning, (HERE, node_ms), trust)
    }

    #[test]
    fn on_the_same_node_its_own_clock_counts_and_nothing_moves() {
        // The wall says that a day has passed.
        let kept = times(HERE, 86_400_000, BORN + 30_000, true).unwrap();
        assert_eq!(
            (
                kept.born_ms,
                kept.fresh_until_ms,
                kept.life_ms,
                kept.are_shifted
            ),
            (BORN, BORN + 60_000, 90_000, false)
        );
        let stale = times(HERE, 0, BORN + 30_000, false).unwrap();
        assert_eq!(stale.fresh_until_ms, BORN + 30_000);
        assert_eq!(stale.stale_until_ms, BORN + 120_000);
    }

    #[test]
    fn on_another_node_the_wall_counts_whatever_its_clock_says() {
        let hour = 3_600_000;
        for node_ms in [BORN - hour, BORN, BORN + 50 * hour] {
            let moved = times([2; 8], 20_000, node_ms, true).unwrap();
            assert_eq!(moved.fresh_until_ms - node_ms, 30_000, "{node_ms}");
            assert_eq!(node_ms - moved.born_ms, 30_000, "{node_ms}");
            assert_eq!(moved.life_ms, 90_000);
            assert!(moved.are_shifted);
        }
        assert_eq!(times([2; 8], 110_000, BORN, true), Err(Fate::Expired));
        assert_eq!(times([2; 8], u64::MAX, BORN, false), Err(Fate::Expired));
    }

    #[test]
    fn without_a_stale_window_only_trust_brings_it_back() {
        let of = |trust| times_of(0, [2; 8], 20_000, BORN, trust);
        assert_eq!(of(false), Err(Fate::NoStaleWindow));
        assert_eq!(of(true).unwrap().life_ms, 30_000);
    }
}
