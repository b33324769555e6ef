//! Text and paths.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::key::{CacheKey, KeyWriter, kind};

impl CacheKey for str {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.str(self);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for String {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.str(self);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

/// The bytes before the final zero.
impl CacheKey for CStr {
    fn write(&self, writer: &mut KeyWriter) {
        writer.bytes(self.to_bytes());
    }
}

impl CacheKey for CString {
    fn write(&self, writer: &mut KeyWriter) {
        self.as_c_str().write(writer);
    }
}

/// The bytes the platform holds it in. Text that is UTF-8 has the same key on every platform.
impl CacheKey for OsStr {
    fn write(&self, writer: &mut KeyWriter) {
        writer.run(kind::OS_STR, self.as_encoded_bytes());
    }
}

impl CacheKey for OsString {
    fn write(&self, writer: &mut KeyWriter) {
        self.as_os_str().write(writer);
    }
}

/// The path as it was written: `a//b` and `a/b` compare equal, and have two keys. Separators differ
/// between platforms, and so do the keys.
impl CacheKey for Path {
    fn write(&self, writer: &mut KeyWriter) {
        self.as_os_str().write(writer);
    }
}

impl CacheKey for PathBuf {
    fn write(&self, writer: &mut KeyWriter) {
        self.as_os_str().write(writer);
    }
}
