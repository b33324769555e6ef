//! The Lua scripts, each a file of its own that states its keys, arguments and replies.

use std::sync::LazyLock;

use redis::{Cmd, Pipeline, Script};

/// A script and its hash.
pub(in crate::redis) struct Lua {
    code: &'static str,
    script: LazyLock<Script>,
}

macro_rules! scripts {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(pub(in crate::redis) static $name: Lua = Lua {
            code: include_str!($file),
            script: LazyLock::new(|| Script::new(include_str!($file))),
        };)*

        /// All of them, loaded when a connection is made.
        pub(in crate::redis) static SCRIPTS: &[&Lua] = &[$(&$name),*];
    };
}

scripts! {
    LEASE = "lease.lua",
    CLAIM = "claim.lua",
    STAMP = "stamp.lua",
    FILL = "fill.lua",
    RENEW = "renew.lua",
    RELEASE = "release.lua",
    NOSTORE = "nostore.lua",
    EXPIRE = "expire.lua",
    EXPIRE_ENTRY = "expire_entry.lua",
    LENGTHEN = "lengthen.lua",
    PUBLISH = "publish.lua",
    PUT_BACK = "put_back.lua",
}

/// Loads all of them; the answers come in the order of [`SCRIPTS`].
pub(in crate::redis) fn load() -> Pipeline {
    let mut pipeline = redis::pipe();
    for script in SCRIPTS {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.code);
    }
    pipeline
}

/// The hash by which a server knows a script.
pub(crate) fn hash_of(code: &str) -> String {
    Script::new(code).get_hash().to_owned()
}

impl Lua {
    pub(super) fn hash(&'static self) -> &'static str {
        self.script.get_hash()
    }

    /// The call by hash; keys and arguments are to be added.
    pub(in crate::redis) fn call(&self, keys: usize) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.get_hash()).arg(keys);
        command
    }
}
