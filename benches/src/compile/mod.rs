//! What annotations cost to compile: crates of many functions, plain and annotated, that are the same
//! but for that, built in a folder that is thrown away.

mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::report::remark;
use crate::rounds::{Measured, alternate_measured};
use sources::{CRATES, Kind};

/// The workspace's folder.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What is measured of each crate.
const ROWS: [(&str, &str); 5] = [
    ("check", "ms"),
    ("build", "ms"),
    ("build_after_an_edit", "ms"),
    ("release_build", "ms"),
    ("binary", "bytes"),
];

pub(crate) fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let generated = Generated::write(folder.path()).expect("files");
    remark(format_args!("compile: building what the crates depend on"));
    for &kind in CRATES {
        // The first round would be of the dependencies.
        generated.measure(kind);
    }
    let generated = &generated;
    let contenders = CRATES.iter().map(|&kind| Measured {
        figures: ROWS
            .map(|(row, unit)| (format!("{row}.{}", kind.name()), unit))
            .into(),
        round: Box::new(move || generated.measure(kind)),
    });
    alternate_measured("compile", contenders.collect());
}

/// A workspace of the crates.
struct Generated {
    folder: PathBuf,
}

impl Generated {
    fn write(folder: &Path) -> std::io::Result<Self> {
        let root = Path::new(ROOT).canonicalize()?;
        fs::write(folder.join("Cargo.toml"), sources::workspace())?;
        for file in ["Cargo.lock", "rust-toolchain.toml"] {
            fs::copy(root.join(file), folder.join(file))?;
        }
        for &kind in CRATES {
            let own = folder.join(kind.package());
            fs::create_dir_all(own.join("src"))?;
            fs::write(own.join("Cargo.toml"), kind.manifest(&root))?;
            fs::write(own.join("src/main.rs"), kind.source(0))?;
        }
        let folder = folder.to_owned();
        Ok(Self { folder })
    }

    /// Each row, of the crate alone: what it depends on is built.
    fn measure(&self, kind: Kind) -> Vec<f64> {
        let alone = |words: &[&str], incremental| {
            fs::write(self.source(kind), kind.source(0)).expect("a file");
            self.cargo(kind, words, incremental)
        };
        let check = alone(&["check"], false);
        let build = alone(&["build"], false);
        alone(&["build"], true);
        fs::write(self.source(kind), kind.source(1)).expect("a file");
        let edit = self.cargo(kind, &["build"], true);
        let release = alone(&["build", "--release"], false);
        let binary = self.folder.join("target/release").join(kind.package());
        let bytes = fs::metadata(binary).expect("a binary").len();
        vec![check, build, edit, release, bytes as f64]
    }

    fn source(&self, kind: Kind) -> PathBuf {
        self.folder.join(kind.package()).join("src/main.rs")
    }

    /// What it takes, in milliseconds.
    fn cargo(&self, kind: Kind, words: &[&str], incremental: bool) -> f64 {
        let mut command = Command::new("cargo");
        command
            .args(words)
            .args(["--quiet", "--package", &kind.package()])
            .current_dir(&self.folder)
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("cargo");
        let took = start.elapsed().as_secs_f64() * 1e3;
        assert!(status.success(), "{} does not build", kind.name());
        took
    }
}
