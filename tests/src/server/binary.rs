//! Which server to start.

use std::io;
use std::path::PathBuf;

/// `$REDIS_SERVER`, else a server on the `PATH`, else the one that `cargo xtask test` brought.
///
/// # Errors
///
/// If there is none.
pub(super) fn server_binary() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("REDIS_SERVER") {
        return Ok(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let brought = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/redis-server");
    std::env::split_paths(&path)
        .chain([PathBuf::from(brought)])
        .flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            io::Error::other(
                "no Redis server: run `cargo xtask test`, which brings one, or install \
                 redis-server, or set REDIS_SERVER",
            )
        })
}
