//! The heaviest keys as they are told, and as those of several processes add up.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::AddAssign;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The most keys of a list that is a sum, or that another process has written.
const MOST: usize = 64;

/// The heaviest keys of a function by some measure, those that weigh most first.
///
/// They are those of a [Space-Saving](https://doi.org/10.1007/978-3-540-30570-5_27) summary of 24 counters: no key weighs
/// more than it is told to, and each weighs at least its weight less its error. Two lists add up to one with the same
/// bounds (Agarwal and others: *Mergeable Summaries*, PODS 2012): a key that one of them does not have may weigh as much
/// there as [`others_at_most`](Self::others_at_most), which is added to its error as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HeavyKeys {
    /// The keys, by what each weighs for certain.
    #[serde(deserialize_with = "few")]
    pub keys: Vec<HeavyKey>,
    /// What all keys weigh, listed or not.
    pub total: u64,
    /// The most that a key which is not listed may weigh.
    pub others_at_most: u64,
}

/// A key and what it weighs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HeavyKey {
    /// What tells it from every other: the 32 hexadecimal digits of its digest that its name in Redis has where its
    /// function has no readable key.
    pub digest: String,
    /// The key as the function's `key = ".."` spells it; `None` where it has none, or the key is over 96 bytes, or it was
    /// not stored or read from Redis since it became heavy.
    pub name: Option<String>,
    /// What it weighs at most.
    pub weight: u64,
    /// How much of that may be of other keys.
    pub error: u64,
}

impl HeavyKey {
    /// What it weighs for certain.
    #[must_use]
    pub fn at_least(&self) -> u64 {
        self.weight.saturating_sub(self.error)
    }

    /// What a person is shown: its name, else its digest.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.digest)
    }
}

impl HeavyKeys {
    /// As much of the list as has so many keys.
    pub(super) fn shortened(mut self, most: usize) -> Self {
        self.keys
            .sort_by(|one, other| place(one).cmp(&place(other)));
        let cut = self.keys.iter().skip(most).map(|key| key.weight).max();
        self.others_at_most = self.others_at_most.max(cut.unwrap_or(0));
        self.keys.truncate(most);
        self
    }
}

/// Those that weigh most for certain come first.
fn place(key: &HeavyKey) -> (std::cmp::Reverse<(u64, u64)>, &str) {
    let weight = std::cmp::Reverse((key.at_least(), key.weight));
    (weight, &key.digest)
}

impl AddAssign<&Self> for HeavyKeys {
    fn add_assign(&mut self, other: &Self) {
        let (own, others) = (self.others_at_most, other.others_at_most);
        let mut theirs: HashMap<_, _> = other
            .keys
            .iter()
            .map(|key| (key.digest.as_str(), key))
            .collect();
        for key in &mut self.keys {
            match theirs.remove(key.digest.as_str()) {
                Some(same) => {
                    key.more(same.weight, same.error);
                    if key.name.is_none() {
                        key.name.clone_from(&same.name);
                    }
                }
                None => key.more(others, others),
            }
        }
        let new = theirs.into_values().cloned().map(|mut key| {
            key.more(own, own);
            key
        });
        self.keys.extend(new);
        self.total = self.total.saturating_add(other.total);
        self.others_at_most = own.saturating_add(others);
        *self = std::mem::take(self).shortened(MOST);
    }
}

impl HeavyKey {
    fn more(&mut self, weight: u64, error: u64) {
        self.weight = self.weight.saturating_add(weight);
        self.error = self.error.saturating_add(error);
    }
}

/// As many as a sum may have. What another process has written is not believed, and what is more is passed over.
fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<HeavyKey>, D::Error> {
    from.deserialize_seq(Few(PhantomData))
}

pub(super) struct Few<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<T>, A::Error> {
        let mut few = Vec::new();
        while few.len() < MOST {
            match rows.next_element()? {
                Some(row) => few.push(row),
                None => return Ok(few),
            }
        }
        while rows.next_element::<IgnoredAny>()?.is_some() {}
        Ok(few)
    }
}

impl<T> Few<T> {
    pub(super) const ALL: Self = Self(PhantomData);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::space_saving::{COUNTERS, SpaceSaving};
    use super::*;

    fn told(list: &SpaceSaving<()>, most: usize) -> HeavyKeys {
        let keys = list.counters().iter().map(|one| HeavyKey {
            digest: one.hash.to_string(),
            name: None,
            weight: one.weight,
            error: one.error,
        });
        let told = HeavyKeys {
            keys: keys.collect(),
            total: list.total(),
            others_at_most: list.floor(),
        };
        told.shortened(most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Of several processes, each of which tells a few of its keys.
        #[test]
        fn a_sum_is_within_its_bounds(
            processes in prop::collection::vec(
                prop::collection::vec((0..200_u64, 1..50_u64), 0..1_000), 1..5),
            most in 1..=COUNTERS,
        ) {
            let (mut sum, mut exact) = (HeavyKeys::default(), BTreeMap::<String, u64>::new());
            for stream in processes {
                let mut list = SpaceSaving::default();
                for (key, weight) in stream {
                    list.add(key, weight, || ());
                    *exact.entry(key.to_string()).or_default() += weight;
                }
                sum += &told(&list, most);
            }
            prop_assert_eq!(sum.total, exact.values().sum::<u64>());
            for key in &sum.keys {
                let truth = exact[&key.digest];
                prop_assert!(key.at_least() <= truth && truth <= key.weight);
            }
            for (key, truth) in &exact {
                let is_listed = sum.keys.iter().any(|one| one.digest == *key);
                prop_assert!(is_listed || *truth <= sum.others_at_most);
            }
        }
    }

    #[test]
    fn what_another_wrote_is_cut_to_what_a_list_may_have() {
        let many = vec![HeavyKey::default(); 1_000];
        let text = serde_json::json!({ "keys": many, "total": 5, "unheard_of": [1] });
        let read: HeavyKeys = serde_json::from_value(text).unwrap();
        assert_eq!((read.keys.len(), read.total), (MOST, 5));
    }

    #[test]
    fn a_name_that_one_of_two_knows_is_that_of_both() {
        let of = |name: Option<&str>| HeavyKeys {
            keys: vec![HeavyKey {
                digest: "1".to_owned(),
                name: name.map(str::to_owned),
                weight: 2,
                error: 0,
            }],
            ..HeavyKeys::default()
        };
        let mut sum = of(None);
        sum += &of(Some("user:1"));
        assert_eq!(sum.keys[0].shown(), "user:1");
    }
}
