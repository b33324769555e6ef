//! How a group has its entries delivered.

use std::time::Duration;

use crate::ToolkitError;

/// What was not set otherwise.
const VISIBLE_FOR: Duration = Duration::from_secs(30);
const MAX_DELIVERIES: u32 = 5;
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
const KEEP_DEAD: u32 = 10_000;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The settings of a group's consumers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) visible_for: Duration,
    pub(crate) max_deliveries: u32,
    /// The pause after the first delivery, and the longest.
    pub(crate) back_off: (Duration, Duration),
    pub(crate) keep_dead: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            visible_for: VISIBLE_FOR,
            max_deliveries: MAX_DELIVERIES,
            back_off: BACK_OFF,
            keep_dead: KEEP_DEAD,
        }
    }
}

impl Terms {
    pub(crate) fn check(&self) -> Result<(), ToolkitError> {
        let wrong = |what, reason| Err(ToolkitError::Setting { what, reason });
        let (first, longest) = self.back_off;
        if !(Duration::from_millis(100)..=WEEK).contains(&self.visible_for) {
            return wrong("`visible_for`", "it is from 100 ms to 7 days");
        }
        if !(1..=1_000).contains(&self.max_deliveries) {
            return wrong(
                "`max_deliveries`",
                "it is from 1, which is no second try, to 1,000",
            );
        }
        if first.is_zero() || first > longest || longest > WEEK {
            return wrong(
                "`back_off`",
                "the first pause is over zero, and at most the longest, which is at most 7 days",
            );
        }
        if !(1..=1_000_000).contains(&self.keep_dead) {
            return wrong("`keep_dead`", "it is from 1 to 1,000,000");
        }
        Ok(())
    }

    /// The pause after the n-th delivery failed: twice the one before, and up to a tenth more, so that what failed together
    /// is not tried together.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let (first, longest) = self.back_off;
        let doubled = first.saturating_mul(1 << (attempt.max(1) - 1).min(30));
        doubled
            .min(longest)
            .mul_f64(1.0 + rand::random::<f64>() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_a_tenth() {
        let terms = Terms {
            back_off: (Duration::from_secs(1), Duration::from_secs(10)),
            ..Terms::default()
        };
        for (attempt, seconds) in [(1, 1.0), (2, 2.0), (3, 4.0), (5, 10.0), (1_000, 10.0)] {
            let pause = terms.pause(attempt).as_secs_f64();
            assert!(
                (seconds..=seconds * 1.1).contains(&pause),
                "{attempt}: {pause}"
            );
        }
    }
}
