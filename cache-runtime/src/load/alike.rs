//! Whether two values of a site are the same.
//!
//! Those that are written as the same bytes are. Where the bytes differ a type's `PartialEq` decides, as it knows which
//! fields count. Of a type without one, the bytes do: but a `HashMap` writes equal values in another order each time, so
//! bytes that are the same but for their order count only where a copy of each value is always written as that value is.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::request::Request;
use crate::frame::{CodecId, Room, encode};
use crate::kind::{Encoded, Kind};
use crate::likeness::Equality;

/// A value, of whatever type.
type Value = dyn Any + Send + Sync;

/// How many copies are written anew: of a map of two a copy has the same order as often as not.
const COPIES: usize = 16;

/// Whether two values of the request's site are the same; `None` where one can't be written.
pub(super) fn is_alike(request: &Request, one: &Value, other: &Value) -> Option<bool> {
    let writing = Writing {
        kind: request.kind,
        codec: request.codec(),
        room: Room::for_values(request.tiers.limits.max_value),
    };
    writing.is_alike(request.site.likeness.equal, one, other)
}

struct Writing {
    kind: &'static Kind,
    codec: CodecId,
    room: Room,
}

impl Writing {
    fn is_alike(&self, equality: Option<Equality>, one: &Value, other: &Value) -> Option<bool> {
        let (first, second) = (self.written(one)?, self.written(other)?);
        if first == second {
            return Some(true);
        }
        if let Some(are_equal) = equality.and_then(|equal| equal_by(equal, one, other)) {
            return Some(are_equal);
        }
        let is_order_alone = counted(&first) == counted(&second);
        Some(is_order_alone && !(self.is_steady(&first) && self.is_steady(&second)))
    }

    fn written(&self, value: &Value) -> Option<Vec<u8>> {
        let writing = || encode(self.codec, self.kind.written(value)).ok();
        catch_unwind(AssertUnwindSafe(writing)).ok().flatten()
    }

    /// Whether what these bytes hold is written as these bytes each time.
    fn is_steady(&self, bytes: &[u8]) -> bool {
        let encoded = Encoded {
            codec: self.codec,
            payload: bytes,
            room: self.room,
        };
        let is_same = || {
            let copy = self.kind.read(encoded).ok()?;
            Some(self.written(&*copy)? == bytes)
        };
        (0..COPIES).all(|_| is_same() == Some(true))
    }
}

/// What a type's `PartialEq` says, unless it is of no use: it panics, or a value is not equal to itself.
fn equal_by(equal: Equality, one: &Value, other: &Value) -> Option<bool> {
    let comparing = || equal(one, one) && equal(other, other);
    let is_sound = catch_unwind(AssertUnwindSafe(comparing)).ok()?;
    let comparing = || equal(one, other);
    is_sound
        .then(|| catch_unwind(AssertUnwindSafe(comparing)).ok())
        .flatten()
}

/// How often each byte is there.
fn counted(bytes: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::likeness::Compare;
    use crate::likeness::NotEqual as _;
    use crate::returns::Plain;

    const CODECS: [CodecId; 3] = [CodecId::Bincode, CodecId::MessagePack, CodecId::Json];

    macro_rules! alike {
        ($type:ty, $one:expr, $other:expr) => {{
            let equal = Compare::<Plain, $type>::new().__equality();
            let (one, other): ($type, $type) = ($one, $other);
            let in_codec = |codec| {
                let writing = Writing {
                    kind: Kind::of::<$type>(),
                    codec,
                    room: Room::for_values(1 << 20),
                };
                writing.is_alike(equal, &one, &other).unwrap()
            };
            let alike = CODECS.map(in_codec);
            assert!(alike.iter().all(|all| *all == alike[0]), "{alike:?}");
            alike[0]
        }};
    }

    /// It has no `PartialEq`.
    #[derive(Clone, Serialize, Deserialize)]
    struct Many {
        numbers: HashMap<u32, u32>,
    }

    fn many(numbers: impl IntoIterator<Item = (u32, u32)>) -> Many {
        Many {
            numbers: numbers.into_iter().collect(),
        }
    }

    /// When it was loaded does not count.
    #[derive(Clone, Serialize, Deserialize)]
    struct Dated {
        at: u64,
        name: String,
    }

    impl PartialEq for Dated {
        fn eq(&self, other: &Self) -> bool {
            self.name == other.name
        }
    }

    #[derive(Clone, Serialize, Deserialize)]
    struct Plainly(Vec<u8>);

    #[test]
    fn bytes_decide_where_they_are_the_same_and_where_nothing_else_can() {
        assert!(alike!(f64, 0.1, 0.1));
        // What is not equal to itself can't tell.
        let equal = Compare::<Plain, f64>::new().__equality().unwrap();
        assert_eq!(equal_by(equal, &f64::NAN, &1.0_f64), None);
        assert!(alike!(Plainly, Plainly(vec![1, 2]), Plainly(vec![1, 2])));
        assert!(!alike!(Plainly, Plainly(vec![1, 2]), Plainly(vec![1, 3])));
    }

    #[test]
    fn an_order_that_means_something_is_a_difference() {
        assert!(!alike!(Plainly, Plainly(vec![1, 2]), Plainly(vec![2, 1])));
    }

    #[test]
    fn an_order_that_means_nothing_is_none_with_and_without_equality() {
        for count in [2, 3, 50] {
            for _ in 0..20 {
                let numbers = || (0..count).map(|n| (n, n + 1));
                assert!(alike!(Many, many(numbers()), many(numbers().rev())));
                let map = || numbers().collect::<HashMap<u32, u32>>();
                assert!(alike!(HashMap<u32, u32>, map(), map()));
                let mut other = map();
                other.insert(0, 99);
                assert!(!alike!(HashMap<u32, u32>, map(), other));
                let changed = numbers().map(|(n, m)| (n, m + 100));
                assert!(!alike!(Many, many(numbers()), many(changed)));
            }
        }
    }

    #[test]
    fn a_type_says_by_its_equality_what_counts() {
        let dated = |at, name: &str| Dated {
            at,
            name: name.to_owned(),
        };
        assert!(alike!(Dated, dated(1, "a"), dated(2, "a")));
        assert!(!alike!(Dated, dated(1, "a"), dated(1, "b")));
    }
}
