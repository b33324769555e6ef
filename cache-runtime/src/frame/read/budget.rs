//! What is left of depth, work and memory for one payload.
//!
//! bincode recurses as deep as its input says and loops as long as a length says, even over
//! elements that take no bytes, or one where each takes many in memory; a type's own `Deserialize`
//! may allocate what a length promises. The budget ends all of these with an ordinary error.

use std::cell::Cell;

use super::Halt;

/// How deep values may nest: a debug build stays within half of a worker thread's stack, which a
/// test tries.
pub(in crate::frame) const MAX_DEPTH: u32 = 256;

/// The largest length that a type is told to expect; longer ones grow as they are read.
pub(super) const MAX_HINT: usize = 4096;

/// Elements allowed beyond those that the payload's bytes pay for, as some take no bytes.
const FREE_ELEMENTS: u64 = 1 << 20;

/// Elements allowed for a byte of payload.
const ELEMENTS_PER_BYTE: u64 = 16;

/// Memory that the elements of collections may take beyond what the payload's bytes pay for, in bytes.
const FREE_MEMORY: u64 = 64 << 20;

/// Their memory for a byte of payload, in bytes: what an empty string takes is 24 for one.
const MEMORY_PER_BYTE: u64 = 32;

/// What is left of depth, work and memory for one payload.
pub(in crate::frame) struct Budget {
    depth: Cell<u32>,
    elements: Cell<u64>,
    memory: Cell<u64>,
    is_spent: Cell<bool>,
}

impl Budget {
    /// The budget of a payload: its length, and how many of its bytes pay for memory.
    pub(in crate::frame) fn for_payload(len: usize, paying: usize) -> Self {
        let elements = (len as u64).saturating_mul(ELEMENTS_PER_BYTE);
        let memory = (paying as u64).saturating_mul(MEMORY_PER_BYTE);
        Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(elements.saturating_add(FREE_ELEMENTS)),
            memory: Cell::new(memory.saturating_add(FREE_MEMORY)),
            is_spent: Cell::new(false),
        }
    }

    /// Whether the payload asked for more work or memory than it may.
    pub(in crate::frame) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// One level deeper, unless that is too deep.
    pub(super) fn enter(&self) -> Result<(), Halt> {
        let depth = self.depth.get().checked_sub(1).ok_or(Halt)?;
        self.depth.set(depth);
        Ok(())
    }

    /// Back from a level.
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get() + 1);
    }

    /// Takes one element off, and what a collection sets aside for it.
    #[inline]
    pub(super) fn element(&self, size: usize) -> Result<(), Halt> {
        let elements = self.elements.get().checked_sub(1);
        let memory = self.memory.get().checked_sub(size as u64);
        let (Some(elements), Some(memory)) = (elements, memory) else {
            self.is_spent.set(true);
            return Err(Halt);
        };
        self.elements.set(elements);
        self.memory.set(memory);
        Ok(())
    }
}
