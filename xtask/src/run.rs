//! Other programs.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program to run; what goes wrong with it is said in words.
#[derive(Debug)]
pub(crate) struct Run(Command);

/// What cargo tells a program that it runs of the program's own package. Build scripts look at some of it,
/// so that a cargo that was told would build anew what one by hand has built.
const OF_THIS_PACKAGE: &[&str] = &["CARGO_MANIFEST_", "CARGO_PKG_"];

/// The cargo that runs this.
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> Run {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Run::new(cargo, arguments);
    run.0.current_dir(folder);
    for (name, _) in env::vars_os() {
        let is_ours = |start: &&str| name.to_string_lossy().starts_with(*start);
        if OF_THIS_PACKAGE.iter().any(is_ours) {
            run.0.env_remove(name);
        }
    }
    run
}

impl Run {
    pub(crate) fn new(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments);
        Self(command)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Runs it in plain sight; an error says what failed.
    pub(crate) fn status(mut self, what: &str) -> Result<(), String> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        match self.0.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{what} failed ({program}: {status})")),
            Err(error) => Err(format!("{what} failed ({program}: {error})")),
        }
    }

    /// What it writes to its standard error, which is told too where it fails.
    pub(crate) fn errors(mut self, what: &str) -> Result<String, String> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        let output = self.0.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{what} failed ({program}: {error})"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.success() {
            true => Ok(said),
            false => Err(format!(
                "{what} failed ({program}: {})\n{said}",
                output.status
            )),
        }
    }

    /// Its output, if it could be run and ended well.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self
            .0
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }
}

pub(crate) fn on_path(program: &str) -> bool {
    first_in(&path_folders(), &[program]).is_some()
}

pub(crate) fn path_folders() -> Vec<PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect()
}

/// The first of these programs in the first of these folders that has one.
pub(crate) fn first_in(folders: &[PathBuf], programs: &[&str]) -> Option<PathBuf> {
    folders
        .iter()
        .flat_map(|folder| programs.iter().map(move |program| folder.join(program)))
        .find(|candidate| candidate.is_file())
}
