//! Whether a stored value comes back as it was.
//!
//! What a type's serde implementation leaves out, shortens or mistakes for something else is there
//! in memory, and is gone in whatever Redis gives back. So the first values that a site stores are
//! decoded again and compared: by the type's `PartialEq`, else by its `Debug` text, else by what
//! it writes the second time. Each of these may be of no use for a type (a NaN is not equal to
//! itself, a text may hold an address, a map has an order of its own), so it counts only where it
//! finds two copies alike that must be.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::aside::LARGE;
use super::request::Request;
use crate::frame::{CodecId, Room, encode};
use crate::kind::{Encoded, Kind};
use crate::likeness::Likeness;
use crate::value::Erased;

/// Tells, once a site, of a type whose values don't come back as they were stored. One of so many bytes that
/// it would hold up the runtime is not looked at.
pub(super) fn verify(request: &Request, value: &(dyn Any + Send + Sync), bytes: usize) {
    let (site, limits) = (request.site, &request.tiers.limits);
    let is_on = limits.verify && bytes <= LARGE && cfg!(panic = "unwind");
    if !is_on || !site.losses.look() {
        return;
    }
    let room = Room::for_values(limits.max_value);
    let (codec, kind) = (request.codec(), request.kind);
    let looking = || loss((kind, site.likeness), (codec, room), value);
    // The type's own code is none that the cached call runs otherwise: its panic is not the caller's.
    let found = catch_unwind(AssertUnwindSafe(looking)).unwrap_or_default();
    if let Some(seen_by) = found
        && site.losses.found()
    {
        tracing::warn!(
            target: "cache",
            site = site.identity,
            r#type = (kind.name)(),
            seen_by,
            "a value comes back from redis other than it was stored: memory and redis answer differently; \
             mend its Serialize and Deserialize, or cache a type without what they leave out"
        );
    }
}

/// By what a value is seen to come back otherwise, if it does.
fn loss(
    (kind, likeness): (&Kind, Likeness),
    (codec, room): (CodecId, Room),
    value: &(dyn Any + Send + Sync),
) -> Option<&'static str> {
    let bytes = encode(codec, kind.written(value)).ok()?;
    let encoded = Encoded {
        codec,
        payload: &bytes,
        room,
    };
    let read = || kind.read(encoded);
    let (Ok(one), Ok(other)) = (read().map(Held::new), read().map(Held::new)) else {
        return Some("it can't be read back");
    };
    let trip = Trip {
        kind,
        value,
        one: one.get()?,
        other: other.get()?,
    };
    let seen_by = match trip.equal(likeness) {
        Some(true) => None,
        Some(false) => Some("its PartialEq"),
        None if trip.differs_in_text(likeness) => Some("its Debug text"),
        None if trip.differs_in_bytes(codec, &bytes) => Some("the bytes it is written as"),
        None => None,
    };
    // One that another thread changes meanwhile tells nothing.
    let now = encode(codec, kind.written(value)).ok()?;
    seen_by.filter(|_| counted(&now) == counted(&bytes))
}

/// A copy whose panic when it is dropped stays here: two at once would end the program.
struct Held(Option<Erased>);

impl Held {
    fn new(value: Erased) -> Self {
        Self(Some(value))
    }

    fn get(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.as_deref()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let value = self.0.take();
        // Nobody asked for the copy, so nobody is told.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
    }
}

/// A value, and two copies that were read from what it was written as.
struct Trip<'a> {
    kind: &'a Kind,
    value: &'a (dyn Any + Send + Sync),
    one: &'a (dyn Any + Send + Sync),
    other: &'a (dyn Any + Send + Sync),
}

impl Trip<'_> {
    /// Whether it came back equal; `None` where that can't be told.
    fn equal(&self, likeness: Likeness) -> Option<bool> {
        let equal = likeness.equal?;
        let equal = |one: &(dyn Any + Send + Sync), other: &(dyn Any + Send + Sync)| {
            let comparing = || equal(one, other);
            catch_unwind(AssertUnwindSafe(comparing)).ok()
        };
        if equal(self.value, self.one)? {
            return Some(true);
        }
        let is_sound = equal(self.value, self.value)? && equal(self.one, self.other)?;
        is_sound.then_some(false)
    }

    fn differs_in_text(&self, likeness: Likeness) -> bool {
        let Some(text) = likeness.text else {
            return false;
        };
        let text = |value: &(dyn Any + Send + Sync)| {
            let showing = || text(value);
            catch_unwind(AssertUnwindSafe(showing)).ok().flatten()
        };
        let all = || {
            let (value, one, other) = (text(self.value)?, text(self.one)?, text(self.other)?);
            let is_sound =
                words(&value) == words(&text(self.value)?) && words(&one) == words(&other);
            Some(is_sound && words(&value) != words(&one))
        };
        all().unwrap_or(false)
    }

    fn differs_in_bytes(&self, codec: CodecId, bytes: &[u8]) -> bool {
        let again = |value| Some(counted(&encode(codec, self.kind.written(value)).ok()?));
        match (again(self.one), again(self.other)) {
            (Some(one), Some(other)) => one == other && one != counted(bytes),
            _ => false,
        }
    }
}

/// The words of a text, in one order: maps and sets show theirs in any.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || "{}[]():,".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable();
    words
}

/// How often each byte is there: maps and sets are written in any order.
fn counted(bytes: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::likeness::Compare;
    use crate::returns::Plain;

    /// What a value is seen by to come back otherwise, in each codec.
    macro_rules! seen {
        ($type:ty, $value:expr) => {{
            let compare = Compare::<Plain, $type>::new();
            let (equal, text) = (compare.__equality(), compare.__debug_text());
            let value: $type = $value;
            let seen = |equal, text| {
                [CodecId::Bincode, CodecId::MessagePack, CodecId::Json].map(|codec| {
                    let kind = (Kind::of::<$type>(), Likeness { equal, text });
                    loss(kind, (codec, Room::for_values(1 << 20)), &value)
                })
            };
            [seen(equal, text), seen(None, text), seen(None, None)]
        }};
    }

    const NOTHING: [[Option<&str>; 3]; 3] = [[None; 3]; 3];

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Mixed {
        Unit,
        Pair(u8, Option<Box<Mixed>>),
        Named { of: Vec<u8>, at: DateTime<Utc> },
    }

    #[test]
    fn types_that_keep_what_they_have_are_told_of_by_no_way_of_comparing() {
        let now = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        assert_eq!(seen!(DateTime<Utc>, now), NOTHING);
        let east = FixedOffset::east_opt(19_800).unwrap();
        assert_eq!(
            seen!(DateTime<FixedOffset>, now.with_timezone(&east)),
            NOTHING
        );
        assert_eq!(seen!(NaiveDate, NaiveDate::MAX), NOTHING);
        assert_eq!(seen!(TimeDelta, TimeDelta::microseconds(-7)), NOTHING);
        assert_eq!(seen!(Uuid, Uuid::from_u128(7)), NOTHING);
        assert_eq!(seen!(f64, f64::NAN), NOTHING);
        assert_eq!(seen!(Option<Option<f32>>, Some(Some(0.1))), NOTHING);
        let words: HashSet<String> = (0..99).map(|n| format!("a {n}: {{}}, [b]")).collect();
        assert_eq!(seen!(HashSet<String>, words.clone()), NOTHING);
        let sets = HashMap::from([(1, words.clone()), (2, words)]);
        assert_eq!(seen!(HashMap<u8, HashSet<String>>, sets), NOTHING);
        let inner = Some(Box::new(Mixed::Unit));
        let mixed = vec![
            Mixed::Pair(1, inner),
            Mixed::Named {
                of: vec![1],
                at: now,
            },
        ];
        assert_eq!(seen!(Vec<Mixed>, mixed), NOTHING);
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Skipped(u8, #[serde(skip)] f64);

    #[test]
    fn a_loss_is_seen_by_the_first_way_that_is_of_use() {
        let by = |way| [Some(way); 3];
        let seen = seen!(Skipped, Skipped(1, 2.0));
        assert_eq!(seen, [by("its PartialEq"), by("its Debug text"), [None; 3]]);
        // Not equal to itself, and shown as what it is.
        let seen = seen!(Skipped, Skipped(1, f64::NAN));
        assert_eq!(
            seen,
            [by("its Debug text"), by("its Debug text"), [None; 3]]
        );
    }
}
