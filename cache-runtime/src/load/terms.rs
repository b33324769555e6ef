//! Under which callers share one load.

use super::request::Request;
use crate::flight::Terms;
use crate::stamp::{Basis, Subject, Vouch};

impl Request {
    /// Under which callers share one load of this entry: those of a hit in memory.
    pub(crate) fn terms(&self) -> Terms {
        let vouch = match &self.tiers.redis {
            None => Vouch::empty(),
            Some(redis) => redis.vouch(self.names()),
        };
        let cells = self.watch().and(self.bucket_watch().cells());
        Terms {
            basis: Basis::new(cells, vouch, self.tiers.clock.now()),
            lag_ms: self.tiers.limits.lag_ms,
            verify: self.is_checked(),
        }
    }

    /// The keys in Redis of all that its value will rest on.
    fn names(&self) -> impl Iterator<Item = String> {
        let buckets = self.derives_tags.then(Subject::buckets);
        let subjects = self.subjects.iter().cloned();
        let subjects = subjects.chain(buckets.into_iter().flatten());
        subjects.map(|subject| self.stamp_name(&subject))
    }
}
