//! What each mistake in an annotation says: trybuild holds what the compiler says of it against the file
//! beside it.
//!
//! trybuild runs in a process of its own, as its cargo goes by the environment: the flags, and the folder of
//! this build, which has the macros and the build scripts of the dependencies already.

use std::env;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The flags that trybuild compiles cases with. It compiles dependencies with others first, and then again.
const FLAGS: &[&str] = &[
    "--cfg=trybuild",
    "--verbose",
    "-Adead_code",
    "--diagnostic-width=140",
];

#[test]
#[ignore = "run by another test, in a process of its own"]
fn checked() {
    TestCases::new().compile_fail("fail/*.rs");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn built() {
    let cases = TestCases::new();
    cases.pass("late/nothing.rs");
    cases.compile_fail("late/[!n]*.rs");
}

#[test]
fn each_mistake_says_what_its_file_does() {
    run("fail::checked");
}

/// A policy is a constant of the function that is built, so that a check does not evaluate it.
#[test]
fn so_does_one_in_a_constant() {
    run("fail::built");
}

fn run(test: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let chosen = env::args().filter(|word| word.starts_with("trybuild="));
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .args(chosen)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
        .env("CARGO_BUILD_BUILD_DIR", target)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .status();
    assert!(status.unwrap().success(), "what a mistake says has changed");
}
