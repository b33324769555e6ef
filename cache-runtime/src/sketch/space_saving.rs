//! Space-Saving: the heaviest of a stream of keys in a fixed number of counters (Metwally, Agrawal, El Abbadi: *Efficient
//! Computation of Frequent and Top-k Elements in Data Streams*, ICDT 2005).
//!
//! A key that has no counter takes that of the lightest, with its weight, which is noted as the error. So no weight is
//! told for less than it is, none for more than its error, and no error is over the weight of all divided by the counters.

/// How many keys are counted apart.
pub(super) const COUNTERS: usize = 24;

/// The counters of one list.
#[derive(Debug)]
pub(super) struct SpaceSaving<L> {
    counters: Vec<Counter<L>>,
    total: u64,
}

/// One key, by its hash, with what it is told as.
#[derive(Debug)]
pub(super) struct Counter<L> {
    pub(super) hash: u64,
    pub(super) weight: u64,
    /// How much of the weight may be of others.
    pub(super) error: u64,
    pub(super) label: L,
}

impl<L> Default for SpaceSaving<L> {
    fn default() -> Self {
        Self {
            counters: Vec::new(),
            total: 0,
        }
    }
}

impl<L> SpaceSaving<L> {
    /// The weight of all keys.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The most that a key without a counter may weigh.
    pub(super) fn floor(&self) -> u64 {
        match self.counters.len() {
            COUNTERS => self
                .counters
                .iter()
                .map(|one| one.weight)
                .min()
                .unwrap_or(0),
            _ => 0,
        }
    }

    pub(super) fn counters(&self) -> &[Counter<L>] {
        &self.counters
    }

    /// A key weighs more by so much; gives back the label whose counter it took.
    pub(super) fn add(&mut self, hash: u64, weight: u64, label: impl FnOnce() -> L) -> Option<L> {
        self.total = self.total.saturating_add(weight);
        if let Some(own) = self.find(hash) {
            own.weight = own.weight.saturating_add(weight);
            return None;
        }
        if self.counters.len() < COUNTERS {
            self.counters.reserve_exact(COUNTERS - self.counters.len());
            self.counters.push(Counter {
                hash,
                weight,
                error: 0,
                label: label(),
            });
            return None;
        }
        let lightest = self.counters.iter_mut().min_by_key(|one| one.weight)?;
        lightest.hash = hash;
        lightest.error = lightest.weight;
        lightest.weight = lightest.weight.saturating_add(weight);
        Some(std::mem::replace(&mut lightest.label, label()))
    }

    /// The counter of a key, if it has one.
    pub(super) fn find(&mut self, hash: u64) -> Option<&mut Counter<L>> {
        self.counters.iter_mut().find(|one| one.hash == hash)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Keys of a stream, few of them often.
    fn streams() -> impl Strategy<Value = Vec<(u64, u64)>> {
        let key = prop_oneof![0..10_u64, 0..1_000_u64];
        prop::collection::vec((key, 1..50_u64), 0..3_000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_told_is_within_the_bounds(stream in streams()) {
            let (mut list, mut exact) = (SpaceSaving::default(), HashMap::<u64, u64>::new());
            for (key, weight) in stream {
                list.add(key, weight, || ());
                *exact.entry(key).or_default() += weight;
            }
            let total = exact.values().sum::<u64>();
            prop_assert_eq!(list.total(), total);
            let most = total / COUNTERS as u64;
            for one in list.counters() {
                let truth = exact[&one.hash];
                prop_assert!(one.weight - one.error <= truth && truth <= one.weight);
                prop_assert!(one.error <= most);
            }
            prop_assert!(list.floor() <= most);
            for (key, truth) in exact {
                let is_listed = list.find(key).is_some();
                prop_assert!(is_listed || truth <= list.floor());
            }
        }
    }
}
