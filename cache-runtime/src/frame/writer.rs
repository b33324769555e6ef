//! Who writes an entry, as the scripts tell it from an id or a token, and a person from an id.

/// How many bytes of an entry's id are its process's.
pub(crate) const LOADER: usize = 8;

/// Who writes an entry: of two loads the older may not store over what the younger is for, of two puts
/// the last one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A miss, whose value is as old as its beginning.
    Load,
    /// A person's value, or a refresh that was asked for.
    Put,
}

impl Writer {
    /// A fresh token of a lease: 16 random bytes, the first of which is odd if a put's.
    pub(crate) fn fresh(self) -> [u8; 16] {
        self.marked(rand::random())
    }

    /// A fresh id of an entry: the first half of its process's own id, and 8 random bytes; the first of all is odd if a
    /// put's.
    ///
    /// An id is compared with ids of the same entry alone: by `lease.lua` with the one that a reader found invalid, by
    /// `fill.lua` with the one that a put found, by `lengthen.lua` with the one that a hit had, and by this process with
    /// the one whose value does not serve a call, or that is audited. So it is to differ from each other load of one key,
    /// of which as many processes as there are make some: two of one process are alike once in 2^64 pairs, two of
    /// different ones once in 2^127. (A process that is forked once it has used the cache has the same random numbers as
    /// the other, and no thread of the cache's own: that is not supported.)
    /// Nobody may store by it: that takes the token of a lease, which nothing of is known.
    pub(crate) fn id(self, process: u128) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (first, second) = bytes.split_at_mut(LOADER);
        first.copy_from_slice(&process.to_be_bytes()[..LOADER]);
        second.copy_from_slice(&rand::random::<[u8; 16 - LOADER]>());
        self.marked(bytes)
    }

    fn marked(self, mut bytes: [u8; 16]) -> [u8; 16] {
        match self {
            Self::Load => bytes[0] &= !1,
            Self::Put => bytes[0] |= 1,
        }
        bytes
    }

    /// A fresh id of a process. Its first byte is even, as ids of entries say there whether they are put.
    pub(crate) fn process() -> u128 {
        u128::from_be_bytes(Self::Load.fresh())
    }

    /// The first half of the id of the process that made an entry with this id.
    #[cfg(feature = "redis")]
    pub(crate) fn loader(id: &[u8; 16]) -> [u8; LOADER] {
        let id = Self::Load.marked(*id);
        std::array::from_fn(|at| id[at])
    }

    /// Whose id or token it is.
    #[cfg(feature = "redis")]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes.first() {
            Some(first) if first % 2 == 1 => Self::Put,
            _ => Self::Load,
        }
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_process_and_its_writer_and_no_other_load() {
        let process = Writer::process();
        let published = format!("{process:032x}");
        for writer in [Writer::Load, Writer::Put] {
            let id = writer.id(process);
            assert_eq!(Writer::of(&id), writer);
            let loader = Writer::loader(&id).map(|byte| format!("{byte:02x}"));
            assert!(published.starts_with(&loader.concat()), "{published}");
            assert_ne!(id, writer.id(process));
        }
    }
}
