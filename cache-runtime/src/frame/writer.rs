//! Who writes an entry, as the scripts tell it from an id or a token.

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
    /// A fresh id or token: 16 random bytes, the first of which is odd if a put's.
    pub(crate) fn fresh(self) -> [u8; 16] {
        let mut bytes: [u8; 16] = rand::random();
        match self {
            Self::Load => bytes[0] &= !1,
            Self::Put => bytes[0] |= 1,
        }
        bytes
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
