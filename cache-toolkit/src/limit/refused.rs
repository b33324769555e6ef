//! Who is known to be refused for another while, so that Redis need not be asked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many are remembered; of others Redis is asked.
const MOST: usize = 4_096;

/// Names, the least weight that is refused, and until when.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<HashMap<Box<str>, (u32, Instant)>>);

impl Refused {
    /// For how much longer something of this weight is refused under a name.
    pub(super) fn left(&self, name: &str, weight: u32, now: Instant) -> Option<Duration> {
        let mut names = self.0.lock();
        let (least, until) = *names.get(name)?;
        if until <= now {
            names.remove(name);
            return None;
        }
        (weight >= least).then(|| until - now)
    }

    pub(super) fn note(&self, name: &str, weight: u32, until: Instant) {
        let mut names = self.0.lock();
        if names.len() >= MOST {
            let now = Instant::now();
            names.retain(|_, (_, until)| *until > now);
        }
        if names.len() < MOST {
            names.insert(name.into(), (weight, until));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_weighs_as_much_is_refused_until_then_and_what_weighs_less_is_not() {
        let (refused, now) = (Refused::default(), Instant::now());
        let second = Duration::from_secs(1);
        refused.note("a", 3, now + second);
        assert_eq!(refused.left("a", 3, now), Some(second));
        assert_eq!(refused.left("a", 2, now), None);
        assert_eq!(refused.left("b", 3, now), None);
        assert_eq!(refused.left("a", 3, now + second), None);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let (refused, later) = (Refused::default(), Instant::now() + Duration::from_secs(60));
        for n in 0..MOST + 10 {
            refused.note(&n.to_string(), 1, later);
        }
        assert_eq!(refused.0.lock().len(), MOST);
    }
}
