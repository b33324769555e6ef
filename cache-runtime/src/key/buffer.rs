//! Bytes that stay on the stack while they are few.

use std::ops::Deref;

use arrayvec::ArrayVec;

const INLINE: usize = 256;

/// Up to 256 bytes in place, more on the heap.
#[derive(Clone)]
pub(super) struct Buffer {
    /// Full to the end once there is more than fits in place, so that nothing is added to it.
    inline: ArrayVec<u8, INLINE>,
    /// All the bytes once they are more than fit in place; else empty.
    heap: Vec<u8>,
}

impl Buffer {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            inline: ArrayVec::new_const(),
            heap: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.extend_from_slice(&[byte]);
    }

    /// Appends what is most often short: a word at its start and a word at its end are two moves, where a copy
    /// of any length is a call.
    #[inline]
    pub(super) fn extend_from_text(&mut self, bytes: &[u8]) {
        let (start, end) = (self.inline.len(), bytes.len());
        if (8..=16).contains(&end) && start + end <= INLINE {
            self.overlapping::<8>(bytes);
        } else if (4..8).contains(&end) && start + end <= INLINE {
            self.overlapping::<4>(bytes);
        } else {
            self.extend_from_slice(bytes);
        }
    }

    /// Appends `WORD` to twice `WORD` bytes, for which there is room in place.
    #[inline]
    fn overlapping<const WORD: usize>(&mut self, bytes: &[u8]) {
        let words = bytes.first_chunk::<WORD>().zip(bytes.last_chunk::<WORD>());
        let Some((first, last)) = words else { return };
        let end = self.inline.len() + bytes.len();
        // There is room for both: the second goes over the end of the first.
        let _ = self.inline.try_extend_from_slice(first);
        self.inline.truncate(end - WORD);
        let _ = self.inline.try_extend_from_slice(last);
    }

    #[inline]
    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        if self.inline.try_extend_from_slice(bytes).is_err() {
            self.extend_heap(bytes);
        }
    }

    /// Appends a short head and what it announces. They are not put together elsewhere first: the
    /// processor would wait to read back what it just wrote.
    #[inline]
    pub(super) fn extend_from_parts<const HEAD: usize>(&mut self, head: [u8; HEAD], tail: &[u8]) {
        self.extend_from_slice(&head);
        self.extend_from_text(tail);
    }

    #[cold]
    fn extend_heap(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve(2 * INLINE + bytes.len());
            self.heap.extend_from_slice(&self.inline);
            let room = self.inline.remaining_capacity();
            self.inline.extend(std::iter::repeat_n(0, room));
        }
        self.heap.extend_from_slice(bytes);
    }

    /// Keeps the first `length` bytes, which are not more than there are.
    pub(super) fn truncate(&mut self, length: usize) {
        if self.heap.is_empty() {
            return self.inline.truncate(length);
        }
        self.heap.truncate(length);
        if self.heap.len() <= INLINE {
            self.inline.clear();
            let heap = std::mem::take(&mut self.heap);
            self.extend_from_slice(&heap);
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self.heap.is_empty() {
            true => &self.inline,
            false => &self.heap,
        }
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
