//! What `compress` may be, by the features that there are: where one is missing the compiler names it.

use crate::policy::Compression;

pub const NONE: Compression = Compression::None;

#[cfg(feature = "lz4")]
pub const LZ4: Compression = Compression::Lz4;

#[cfg(feature = "zstd")]
pub const ZSTD: Compression = Compression::Zstd;

#[cfg(feature = "gzip")]
pub const GZIP: Compression = Compression::Gzip;
