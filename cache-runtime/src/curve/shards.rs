//! SHARDS with a bounded number of samples: how many bytes of other entries were read between two reads of one, of a few
//! keys that stand for all (Waldspurger, Park, Garthwaite, Ahmad: *Efficient MRC Construction with SHARDS*, FAST 2015).
//!
//! A key is sampled if its hash is below a threshold, so that all of its reads are. Distances among the samples are those
//! among all, divided by the share that is sampled. Where there are too many samples the threshold is lowered, and what was
//! counted before is weighed less.

use std::collections::{BinaryHeap, HashMap};

use super::distances::Distances;
use super::order::Order;
use super::unread::{Tallies, Waiting};
use crate::clock::Moment;
use crate::sketch::NeverRead;

/// Of how many keys the threshold decides: all places are below it.
pub(super) const PLACES: u32 = 1 << 24;

/// The share of the keys that are sampled at first: one of so many.
const AT_FIRST: u32 = 16;

/// At most this many keys are sampled; each takes about 100 bytes.
const MOST: usize = 4_096;

/// Reads of sampled keys.
#[derive(Debug)]
pub(super) struct Shards {
    threshold: u32,
    samples: HashMap<u64, Sample, foldhash::fast::RandomState>,
    /// Those whose place is next to fall out come first.
    by_place: BinaryHeap<(u32, u64)>,
    order: Order,
    distances: Distances,
    unread: Tallies,
}

/// A sampled key.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// When it was read last.
    moment: usize,
    /// What its entry takes; zero until one was stored.
    bytes: u64,
    /// An entry that nobody has read yet.
    waiting: Waiting,
}

/// Where a key stands among all, by a part of its hash that no table uses.
#[inline]
pub(super) fn place(hash: u64) -> u32 {
    (hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 40) as u32
}

impl Default for Shards {
    fn default() -> Self {
        Self {
            threshold: PLACES / AT_FIRST,
            samples: HashMap::default(),
            by_place: BinaryHeap::new(),
            order: Order::new(2 * MOST),
            distances: Distances::default(),
            unread: Tallies::default(),
        }
    }
}

impl Shards {
    /// Below which places keys are sampled.
    pub(super) fn threshold(&self) -> u32 {
        self.threshold
    }

    pub(super) fn distances(&self) -> &Distances {
        &self.distances
    }

    /// The share of all keys that is sampled.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.threshold) / f64::from(PLACES)
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// A sampled key was read.
    pub(super) fn read(&mut self, hash: u64) {
        // The threshold may have been lowered since it was asked.
        if place(hash) >= self.threshold {
            return;
        }
        if self.order.is_full() {
            self.number_anew();
        }
        let share = self.share();
        match self.samples.get_mut(&hash) {
            Some(sample) => {
                let others = self.order.since(sample.moment);
                self.distances.add(others, sample.bytes, share);
                self.order.change(sample.moment, sample.bytes, 0);
                sample.moment = self.order.push(sample.bytes);
            }
            None => {
                self.distances.add_first();
                self.take(hash);
            }
        }
    }

    /// The entry of a sampled key takes so many bytes.
    pub(super) fn stored(&mut self, hash: u64, bytes: u64) {
        if let Some(sample) = self.samples.get_mut(&hash) {
            self.order.change(sample.moment, sample.bytes, bytes);
            sample.bytes = bytes;
        }
    }

    /// The entry of a sampled key was served.
    pub(super) fn served(&mut self, hash: u64) {
        let share = self.share();
        if let Some(sample) = self.samples.get_mut(&hash) {
            self.unread.read(&mut sample.waiting, share);
        }
    }

    /// The entry of a sampled key is another from now on.
    pub(super) fn loaded(&mut self, hash: u64, function: u16, until: Moment) {
        let share = self.share();
        if let Some(sample) = self.samples.get_mut(&hash) {
            self.unread
                .stored(&mut sample.waiting, share, (function, until));
        }
    }

    /// The entries that nobody read, by function.
    pub(super) fn never_read(&mut self, now: Moment) -> Vec<NeverRead> {
        let share = self.share();
        let waiting = self.samples.values_mut().map(|sample| &mut sample.waiting);
        self.unread.told(waiting, share, now)
    }

    fn take(&mut self, hash: u64) {
        let moment = self.order.push(0);
        let sample = Sample {
            moment,
            bytes: 0,
            waiting: Waiting::default(),
        };
        self.samples.insert(hash, sample);
        self.by_place.push((place(hash), hash));
        if self.samples.len() > MOST {
            self.lower();
        }
    }

    /// Takes fewer keys from now on, without those that stand last.
    fn lower(&mut self) {
        let Some((last, _)) = self.by_place.peek() else {
            return;
        };
        let (before, after) = (self.threshold, (*last).max(1));
        while let Some((place, hash)) = self.by_place.peek().copied()
            && place >= after
        {
            self.by_place.pop();
            if let Some(sample) = self.samples.remove(&hash) {
                self.order.change(sample.moment, sample.bytes, 0);
            }
        }
        self.threshold = after;
        self.distances.weigh(f64::from(after) / f64::from(before));
    }

    /// Leaves out the moments that no key was read last at.
    fn number_anew(&mut self) {
        let mut samples: Vec<_> = self.samples.values_mut().collect();
        samples.sort_unstable_by_key(|sample| sample.moment);
        self.order = Order::new(2 * MOST);
        for sample in samples {
            sample.moment = self.order.push(sample.bytes);
        }
    }
}
