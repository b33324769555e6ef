//! Under which callers share one load.

use super::request::Request;
use crate::clock::Moment;
use crate::flight::Terms;
use crate::stamp::{Subject, Vouch};

impl Request {
    /// Under which callers share one load of this entry: those of a hit in memory.
    pub(crate) fn terms(&self) -> Terms {
        let vouch = match &self.tiers.redis {
            None => Vouch::empty(),
            Some(redis) => redis.vouch(self.names()),
        };
        let rests = self.watch().and(self.bucket_watch().cells());
        Terms {
            watch: rests.and(vouch.cells()),
            until: match vouch.pushes() {
                true => Moment(u64::MAX),
                // Nobody tells of invalidations elsewhere.
                false => self.lag_from_now(),
            },
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
