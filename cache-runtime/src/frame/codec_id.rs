//! Which codecs there are, by the byte that a frame carries.

/// How a value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CodecId {
    /// Positional and small; needs a type whose shape is known.
    Bincode,
    /// Self-describing, with field names: reads what bincode can't.
    MessagePack,
    /// Text with field names, which people read too.
    Json,
}

impl CodecId {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Bincode => 1,
            Self::MessagePack => 2,
            Self::Json => 3,
        }
    }

    /// As annotations spell it.
    #[cfg(feature = "redis")]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bincode => "bincode",
            Self::MessagePack => "msgpack",
            Self::Json => "json",
        }
    }

    /// Whether types are to read and write what people read: a date as text and not as numbers.
    pub(super) fn is_for_people(self) -> bool {
        self == Self::Json
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Bincode),
            2 => Some(Self::MessagePack),
            3 => Some(Self::Json),
            _ => None,
        }
    }
}

pub(super) type BincodeConfig = bincode::config::Configuration;

pub(super) const BINCODE: BincodeConfig = bincode::config::standard();
