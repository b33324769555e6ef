//! What a load gave an entry, whatever this process may trust of it.

use crate::clock::Moment;

/// The ends of an entry by its own ttl, and what its load took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// The end of its ttl: never before the `until` of the value, which trust may end sooner.
    pub(crate) fresh_until: Moment,
    /// Served until then where Redis can't be asked and the site takes that; zero where it doesn't.
    pub(crate) unchecked_until: Moment,
    /// In microseconds; zero where nothing was loaded.
    pub(crate) load_us: u32,
    /// Whether memory is the one place that it is at, so that its life can be lengthened there.
    pub(crate) is_here_alone: bool,
}

/// A load's time as it is kept beside a value: over an hour is as good as an hour.
pub(crate) fn load_us(us: u64) -> u32 {
    u32::try_from(us).unwrap_or(u32::MAX)
}

impl Given {
    /// Whether a call is to refresh it before its end: `now - delta · beta · ln(rand) >= expiry`,
    /// where delta is what the load took and `ahead` is `-beta · ln(rand)`. So the last who read it
    /// before it ends are the likelier to refresh it, and the sooner the longer a load takes.
    /// (Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede Prevention",
    /// PVLDB 8(8), 2015.)
    pub(crate) fn is_due(&self, now: Moment, ahead: f64) -> bool {
        let ahead_ms = f64::from(self.load_us) / 1_000.0 * ahead;
        #[expect(clippy::cast_precision_loss, reason = "within centuries it is exact")]
        let left_ms = self.fresh_until.ms_since(now) as f64;
        self.load_us > 0 && ahead_ms >= left_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(load_us: u32) -> Given {
        Given {
            fresh_until: Moment(10_000),
            load_us,
            ..Given::default()
        }
    }

    #[test]
    fn an_entry_is_due_by_its_load_time_before_its_end() {
        let slow = given(2_000_000);
        assert!(!slow.is_due(Moment(7_999), 1.0) && slow.is_due(Moment(8_000), 1.0));
        assert!(!slow.is_due(Moment(5_999), 2.0) && slow.is_due(Moment(6_000), 2.0));
        assert!(!given(1_000).is_due(Moment(9_998), 1.0));
    }

    #[test]
    fn what_was_not_loaded_is_never_due() {
        assert!(!given(0).is_due(Moment(9_999), 1e9));
    }
}
