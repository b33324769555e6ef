//! Why bytes that were read are not an entry.

use std::fmt;

/// Why bytes that were read are not an entry: each is a miss, counted under its own cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unreadable {
    /// They don't begin as a frame does: something else wrote them.
    Magic,
    /// A format version that this build does not know.
    Version,
    /// Shorter or longer than they say, or a part reaches past the end.
    Truncated,
    /// The checksum does not match: a bit was flipped on the way.
    Checksum,
    /// A codec that this build does not know.
    Codec,
    /// A compression that this build does not know, or a stream that it can't undo.
    Compression,
    /// Written for a type of another shape.
    Shape,
    /// Written for another key.
    Digest,
    /// More bytes than the limit allows, declared or produced.
    TooLarge,
    /// More stamps than an entry may rest on.
    TooManyStamps,
    /// Not encrypted, where the function says `encrypt`: anybody who may write to Redis may have written it.
    NotEncrypted,
    /// Encrypted with a key that this process does not have.
    NoKey,
    /// Encrypted, and made for another entry or changed since.
    NotAuthentic,
    /// The payload does not decode as the type, or would take far more memory than it has bytes.
    Decode,
}

impl Unreadable {
    /// The cause, as metrics name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Magic => "magic",
            Self::Version => "version",
            Self::Truncated => "truncated",
            Self::Checksum => "checksum",
            Self::Codec => "codec",
            Self::Compression => "compression",
            Self::Shape => "shape",
            Self::Digest => "digest",
            Self::TooLarge => "too_large",
            Self::TooManyStamps => "too_many_stamps",
            Self::NotEncrypted => "not_encrypted",
            Self::NoKey => "no_key",
            Self::NotAuthentic => "not_authentic",
            Self::Decode => "decode",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
