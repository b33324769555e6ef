//! Lists whose length is counted while they are written, and lists whose order must not matter.

use std::ops::Range;

use smallvec::SmallVec;

use super::KeyWriter;

/// The place of a length in the buffer, and the length that was written there on trust.
///
/// An iterator may say too little of its length (a filter does) or something wrong. The items are
/// counted, and the length is put right if it has to be.
pub(super) struct Listing {
    at: usize,
    expected: usize,
}

impl Listing {
    #[inline]
    pub(super) fn open(writer: &mut KeyWriter, expected: usize) -> Self {
        let at = writer.len();
        writer.length(expected);
        Self { at, expected }
    }

    #[inline]
    pub(super) fn close(self, writer: &mut KeyWriter, counted: usize) {
        writer.counted(counted);
        if counted != self.expected {
            self.correct(writer, counted);
        }
    }

    #[cold]
    fn correct(self, writer: &mut KeyWriter, counted: usize) {
        let mut length = KeyWriter::new();
        length.length(self.expected);
        let items = writer.as_bytes()[self.at + length.len()..].to_vec();
        writer.truncate(self.at);
        writer.length(counted);
        writer.append(&items);
    }
}

/// Entries that are put in the order of their bytes once all are written.
pub(super) struct Unordered {
    listing: Listing,
    start: usize,
    /// Where each entry ends.
    ends: SmallVec<[usize; 16]>,
}

impl Unordered {
    pub(super) fn open(writer: &mut KeyWriter, expected: usize) -> Self {
        let listing = Listing::open(writer, expected);
        Self {
            listing,
            start: writer.len(),
            ends: SmallVec::new(),
        }
    }

    /// Says that all written since the last call is one entry.
    pub(super) fn end_entry(&mut self, writer: &KeyWriter) {
        self.ends.push(writer.len());
    }

    pub(super) fn close(self, writer: &mut KeyWriter) {
        sort(writer, self.start, &self.ends);
        self.listing.close(writer, self.ends.len());
    }
}

fn sort(writer: &mut KeyWriter, start: usize, ends: &[usize]) {
    let mut entries: SmallVec<[Range<usize>; 16]> = SmallVec::with_capacity(ends.len());
    let mut from = start;
    for &end in ends {
        entries.push(from..end);
        from = end;
    }
    // Equal sets have one hash, though one came sorted and another did not.
    writer.is_sorted();
    let written = writer.as_bytes();
    if entries.is_sorted_by(|a, b| written[a.clone()] <= written[b.clone()]) {
        return;
    }

    let written = written.to_vec();
    entries.sort_unstable_by(|a, b| written[a.clone()].cmp(&written[b.clone()]));
    writer.truncate(start);
    for entry in entries {
        writer.append(&written[entry]);
    }
}
