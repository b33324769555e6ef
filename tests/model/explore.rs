//! Breadth-first exploration of every state that can be reached.

use std::fmt::Display;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use super::property::Marks;

/// What can be explored: states, and the steps between them.
pub(crate) trait Model {
    type State: Copy + Eq + Hash + Display;
    type Step: Copy + Display;

    fn name(&self) -> &'static str;

    fn first(&self) -> Self::State;

    /// Every step that may happen at some time.
    fn steps(&self) -> Vec<Self::Step>;

    /// The state after the step; `None` if it can't be taken, or nothing that matters can come of it.
    fn after(
        &self,
        state: &Self::State,
        step: Self::Step,
        marks: &mut Marks,
    ) -> Option<Self::State>;

    /// Whether a read returned what it may not.
    fn is_broken(&self, state: &Self::State) -> bool;
}

/// What an exploration found.
pub(crate) struct Explored<M: Model> {
    pub(crate) states: usize,
    pub(crate) depth: usize,
    pub(crate) marks: Marks,
    /// The shortest way to a stale read.
    pub(crate) way: Option<Vec<(M::Step, M::State)>>,
}

/// More states than this are a mistake in the bounds.
const MOST: usize = 20_000_000;

/// Explores until no state is new, or a read was stale.
pub(crate) fn explore<M: Model>(model: &M) -> Explored<M> {
    let steps = model.steps();
    let mut seen = Seen::<M>::new(model.first());
    let mut marks = Marks::default();
    let (mut depth, mut level_end, mut at) = (0, 1, 0);
    while at < seen.states.len() {
        if at == level_end {
            (depth, level_end) = (depth + 1, seen.states.len());
        }
        assert!(at < MOST, "{}: more states than expected", model.name());
        let from = u32::try_from(at).unwrap_or(u32::MAX);
        for &step in &steps {
            let Some(state) = model.after(&seen.states[at], step, &mut marks) else {
                continue;
            };
            seen.add(state, Some((from, step)));
            if model.is_broken(&state) {
                return Explored {
                    states: seen.states.len(),
                    depth: depth + 1,
                    marks,
                    way: Some(seen.way_to_last()),
                };
            }
        }
        at += 1;
    }
    Explored {
        states: seen.states.len(),
        depth,
        marks,
        way: None,
    }
}

/// The states seen, and how each was first reached. Compared in full: a hash only says where to look.
struct Seen<M: Model> {
    states: Vec<M::State>,
    /// The state before and the step from it; the first has none.
    from: Vec<Option<(u32, M::Step)>>,
    /// Open addressing; a place of zero is free, else it is one more than that in `states`.
    table: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u32,
    place: u32,
}

impl<M: Model> Seen<M> {
    fn new(first: M::State) -> Self {
        let mut seen = Self {
            states: Vec::new(),
            from: Vec::new(),
            table: vec![Slot::default(); 1 << 16],
        };
        seen.add(first, None);
        seen
    }

    fn add(&mut self, state: M::State, from: Option<(u32, M::Step)>) {
        let hash = hash(&state);
        let mut at = hash as usize;
        loop {
            at &= self.table.len() - 1;
            let slot = self.table[at];
            if slot.place == 0 {
                break;
            }
            if slot.hash == hash && self.states[slot.place as usize - 1] == state {
                return;
            }
            at += 1;
        }
        self.states.push(state);
        self.from.push(from);
        let place = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        self.table[at] = Slot { hash, place };
        if self.states.len() * 2 > self.table.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let twice = vec![Slot::default(); self.table.len() * 2];
        let before = std::mem::replace(&mut self.table, twice);
        for slot in before.into_iter().filter(|slot| slot.place != 0) {
            let mut at = slot.hash as usize & (self.table.len() - 1);
            while self.table[at].place != 0 {
                at = (at + 1) & (self.table.len() - 1);
            }
            self.table[at] = slot;
        }
    }

    fn way_to_last(&self) -> Vec<(M::Step, M::State)> {
        let mut way = Vec::new();
        let mut at = self.states.len() - 1;
        while let Some((from, step)) = self.from[at] {
            way.push((step, self.states[at]));
            at = from as usize;
        }
        way.reverse();
        way
    }
}

fn hash(state: &impl Hash) -> u32 {
    let hash = BuildHasherDefault::<Mixed>::default().hash_one(state);
    u32::try_from(hash >> 32).unwrap_or(0)
}

/// A quick hash of small fields.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u8(byte));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word.cast_unsigned() as u64);
    }
}
