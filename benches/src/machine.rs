//! The machine that figures are taken on, and when.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rounds;

/// What stands before figures.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
    date: String,
    cores: usize,
    memory_gib: u64,
    system: String,
    profile: String,
    rounds: usize,
}

impl Taken {
    pub(crate) fn now() -> Self {
        let system = rustix::system::uname();
        let name = system.sysname().to_string_lossy().into_owned();
        let release = system.release().to_string_lossy();
        // What follows is of one build of the kernel.
        let release = release.split(['.', '-']).take(2).collect::<Vec<_>>();
        Self {
            date: time::OffsetDateTime::now_utc().date().to_string(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: rustix::system::sysinfo().totalram.div_ceil(1 << 30),
            system: format!("{name} {}", release.join(".")),
            profile: profile(),
            rounds: rounds::count(),
        }
    }
}

/// The folder that cargo put this program in, which is named after its profile.
fn profile() -> String {
    let program = std::env::current_exe().ok();
    let folder = program
        .as_deref()
        .and_then(|path| path.parent()?.file_name());
    folder.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

impl fmt::Display for Taken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            cores,
            memory_gib,
            system,
            profile,
            rounds,
        } = self;
        write!(
            out,
            "taken {date} on {cores} cores, {memory_gib} GiB, {system}; profile {profile}, {rounds} rounds"
        )
    }
}
