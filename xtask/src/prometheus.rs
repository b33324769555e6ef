//! Prometheus for the tests of what it scrapes: the one that is there, else the distribution's.

use std::env;
use std::path::PathBuf;

use crate::apt;
use crate::run::{Run, first_in, path_folders};

const PROGRAM: &[&str] = &["prometheus"];

const ADVICE: &str = "no Prometheus, and none could be installed: install it with its promtool, or set PROMETHEUS \
                      to it, or test less: `cargo xtask test --package cache-runtime`";

/// `$PROMETHEUS`, else one on the `PATH`, else the one of Debian's package, brought now. Its `promtool` is beside it.
pub(crate) fn find_or_install() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("PROMETHEUS").map(PathBuf::from) {
        return works(&named)
            .then_some(named)
            .ok_or_else(|| "PROMETHEUS names no program that runs".to_owned());
    }
    let find = || first_in(&path_folders(), PROGRAM).filter(works);
    find()
        .or_else(|| apt::install("prometheus").and_then(|()| find()))
        .ok_or_else(|| ADVICE.to_owned())
}

fn works(program: &PathBuf) -> bool {
    let promtool = program.with_file_name("promtool");
    [program, &promtool]
        .iter()
        .all(|program| Run::new(program, &["--version"]).output().is_some())
}
