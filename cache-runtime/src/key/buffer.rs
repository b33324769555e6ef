//! Bytes that stay on the stack while they are few.

use std::ops::Deref;

const INLINE: usize = 256;

/// Up to 256 bytes in place, more on the heap.
///
/// A `SmallVec` keeps its room uninitialized, and pays at each write for not knowing what lies after
/// it: a `u64` and a short text took 15 ns. Zeroing the room first and then writing plain slices takes
/// 5 in all.
#[derive(Clone)]
pub(super) struct Buffer {
    inline: [u8; INLINE],
    length: usize,
    /// All the bytes once they are more than fit in place; else empty.
    heap: Vec<u8>,
}

impl Buffer {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            inline: [0; INLINE],
            length: 0,
            heap: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.extend_from_slice(&[byte]);
    }

    #[inline]
    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        // There is no such range from the first byte that didn't fit, so what is on the heap stays
        // there.
        match self.inline.get_mut(self.length..end) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.extend_heap(bytes),
        }
        self.length = end;
    }

    /// Appends a short head and what it announces, with one look at the room there is. They are not
    /// put together elsewhere first: the processor would wait to read back what it just wrote.
    #[inline]
    pub(super) fn extend_from_parts<const HEAD: usize>(&mut self, head: [u8; HEAD], tail: &[u8]) {
        let end = self.length + HEAD + tail.len();
        match self.inline.get_mut(self.length..end) {
            Some(room) => {
                room[..HEAD].copy_from_slice(&head);
                room[HEAD..].copy_from_slice(tail);
            }
            None => {
                self.extend_from_slice(&head);
                self.extend_from_slice(tail);
            }
        }
        self.length = end;
    }

    #[cold]
    fn extend_heap(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve(2 * INLINE + bytes.len());
            self.heap.extend_from_slice(&self.inline[..self.length]);
        }
        self.heap.extend_from_slice(bytes);
    }

    /// Keeps the first `length` bytes, which are not more than there are.
    pub(super) fn truncate(&mut self, length: usize) {
        let length = length.min(self.length);
        if !self.heap.is_empty() {
            self.heap.truncate(length);
            if let Some(kept) = self.inline.get_mut(..length) {
                kept.copy_from_slice(&self.heap);
                self.heap.clear();
            }
        }
        self.length = length;
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.inline.get(..self.length).unwrap_or(&self.heap)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Buffer;

    proptest! {
        #[test]
        fn it_holds_what_a_vec_would(
            steps in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..200), 0_usize..600), 0..12)
        ) {
            let (mut buffer, mut vec) = (Buffer::new(), Vec::new());
            for (bytes, length) in steps {
                buffer.extend_from_slice(&bytes);
                vec.extend_from_slice(&bytes);
                prop_assert_eq!(&buffer[..], &vec[..]);
                buffer.truncate(length);
                vec.truncate(length);
                prop_assert_eq!(&buffer[..], &vec[..]);
                buffer.extend_from_parts([7, 8], &bytes);
                vec.extend_from_slice(&[7, 8]);
                vec.extend_from_slice(&bytes);
                prop_assert_eq!(&buffer[..], &vec[..]);
            }
        }
    }

    #[test]
    fn the_last_byte_in_place_and_the_first_that_is_not() {
        let mut buffer = Buffer::new();
        buffer.extend_from_slice(&[1; 256]);
        assert!(buffer.heap.is_empty());
        buffer.extend_from_slice(&[]);
        assert!(buffer.heap.is_empty());
        buffer.push(2);
        assert_eq!(buffer.heap.len(), 257);
        buffer.truncate(256);
        assert!(buffer.heap.is_empty());
        assert_eq!(buffer[..], [1; 256]);
    }
}
