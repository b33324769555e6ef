//! Tests in a process of their own: what is decided once a process, or takes two of them. Each is
//! ignored, and run by another test.

use std::env;
use std::process::Command;

/// Runs an ignored test of this binary with these variables, and gives what it printed.
pub(crate) fn run(test: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env_remove("CACHE_URL")
        .env_remove("REDIS_URL")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let passed = output.status.success() && said.contains("1 passed");
    let trouble = String::from_utf8_lossy(&output.stderr);
    assert!(passed, "{test}: {said}{trouble}");
    said
}

/// A variable that the other test gave.
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is missing: another test runs this one"))
}
