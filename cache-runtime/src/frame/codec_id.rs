//! Which codecs there are, by the byte that a frame carries.

/// How a value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CodecId {
    /// Positional and small; needs a type whose shape is known.
    Bincode,
    /// Self-describing, with field names: reads what bincode can't.
    MessagePack,
}

impl CodecId {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Bincode => 1,
            Self::MessagePack => 2,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Bincode),
            2 => Some(Self::MessagePack),
            _ => None,
        }
    }
}

pub(super) type BincodeConfig = bincode::config::Configuration;

pub(super) const BINCODE: BincodeConfig = bincode::config::standard();
