//! A script and its hash.

use std::sync::OnceLock;

use crate::redis::script_hash;

/// A Lua script of the program's own. It says which keys and arguments it takes, touches keys of one slot alone, and
/// gives the same for the same: a server may run it again on a replica.
#[derive(Debug)]
pub struct Script {
    code: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    /// A script of this code; for a `static`.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            hash: OnceLock::new(),
        }
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Its SHA-1, by which a server knows it.
    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| script_hash(self.code))
    }
}
