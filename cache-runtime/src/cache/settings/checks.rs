//! Whether settings are in their ranges, and go with each other.

use std::time::Duration;

use super::{Durability, Settings};
use crate::error::{CacheError, Result, check_name};
use crate::own_thread::Home;
use crate::policy::is_share;

/// The bounds of settings that are times. Within them no sum of settings overflows, and Redis takes
/// each as the life of a key.
const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A setting, whether it holds, and what is wrong where it does not.
type Rule = (&'static str, bool, &'static str);

/// The longest string that Redis keeps, in bytes.
const LARGEST: usize = 512 << 20;

impl Settings {
    /// Names the first that is wrong.
    pub(in crate::cache) fn check(&self) -> Result<()> {
        check_name("prefix", &self.prefix)?;
        let rules = self.ranges().into_iter().chain(self.combinations());
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((setting, _, reason)) => Err(CacheError::Setting {
                setting: self.called(setting),
                reason: reason.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether each setting is within its range.
    fn ranges(&self) -> [Rule; 12] {
        [
            (
                "op_timeout",
                (MILLISECOND..=HOUR).contains(&self.op_timeout),
                "must be from 1 ms to 1 h",
            ),
            (
                "allowance",
                (MILLISECOND..=DAY).contains(&self.allowed()),
                "must be from 1 ms to 1 day",
            ),
            (
                "lag",
                (MILLISECOND..=DAY).contains(&self.lag),
                "must be from 1 ms to 1 day",
            ),
            (
                "lease",
                (MILLISECOND * 100..=DAY).contains(&self.lease),
                "must be from 100 ms to 1 day",
            ),
            (
                "fleet_interval",
                (MILLISECOND * 100..=HOUR).contains(&self.fleet_interval),
                "must be from 100 ms to 1 h",
            ),
            (
                "runtime",
                self.runtime.as_ref().is_none_or(Home::may_be),
                "stands still between two calls: give a multi-threaded one, or none",
            ),
            ("breaker", self.breaker > 0, "must be at least 1"),
            (
                "connections",
                (1..=64).contains(&self.connections),
                "must be from 1 to 64",
            ),
            ("jitter", is_share(self.jitter), "must be from 0.0 to 1.0"),
            ("max_refreshes", self.max_refreshes > 0, "must be over zero"),
            (
                "max_value",
                (1..=LARGEST).contains(&self.max_value),
                "must be from 1 byte to 512 MiB, the most that Redis keeps under a key",
            ),
            (
                "durability",
                self.durability != Durability::Replicas(0),
                "is `Replicas(0)`, which waits for nobody: use `Master`",
            ),
        ]
    }

    /// Whether settings go with each other.
    fn combinations(&self) -> [Rule; 2] {
        let durable = self.durability != Durability::Master;
        [
            (
                "durability",
                !durable || !self.is_without_server(),
                "asks for replicas and the url is `memory:`",
            ),
            (
                "memory_bytes",
                self.memory_bytes > 0 || !self.is_without_server(),
                "is zero and the url is `memory:`, so nothing could be kept: use `enabled(false)`",
            ),
        ]
    }
}
