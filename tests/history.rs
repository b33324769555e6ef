//! A minute of the history checker at each level, half a minute with sentinels and in a cluster, which
//! must find nothing, and the bugs that it must find.

use std::process::Command;

/// What the checker ends with, and what it said.
fn run(words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_history"))
        .args(words)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.code(), said)
}

fn figure(said: &str, name: &str) -> f64 {
    let value = said.lines().find_map(|line| {
        let (found, value) = line.split_once(' ')?;
        (found == name).then(|| value.parse().ok()).flatten()
    });
    value.unwrap_or_else(|| panic!("no {name} in {said}"))
}

#[test]
fn a_minute_of_faults_breaks_no_bounded_promise() {
    let (code, said) = run(&["--level", "bounded", "--seconds", "60"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(figure(&said, "faults") >= 8.0, "{said}");
    assert!(figure(&said, "invalidations") >= 200.0, "{said}");
    // As many as it takes to mean something: how many there are, and with them the rate of hits, is the machine's.
    assert!(figure(&said, "reads") >= 20_000.0, "{said}");
    assert!(figure(&said, "hit_rate_percent") >= 50.0, "{said}");
}

#[test]
fn a_minute_of_faults_breaks_no_strong_promise() {
    let (code, said) = run(&["--level", "strong", "--seconds", "60"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(figure(&said, "faults") >= 8.0, "{said}");
    assert!(figure(&said, "invalidations") >= 200.0, "{said}");
    assert!(figure(&said, "reads") >= 5_000.0, "{said}");
}

/// Half a minute of what there is nowhere else: no read is too old but those that two masters at
/// once excuse, and most are not excused.
fn replaced(topology: &str, level: &str, faults: &str) {
    let (code, said) = run(&[
        "--topology",
        topology,
        "--level",
        level,
        "--faults",
        faults,
        "--seconds",
        "30",
    ]);
    assert_eq!(code, Some(0), "{said}");
    assert!(figure(&said, "faults") >= 3.0, "{said}");
    assert!(figure(&said, "failovers") >= 1.0, "{said}");
    let excused = figure(&said, "two_masters_reads");
    assert!(figure(&said, "reads") - excused >= 3_000.0, "{said}");
    let excused = figure(&said, "two_masters_invalidations");
    assert!(figure(&said, "invalidations") - excused >= 50.0, "{said}");
}

const SENTINEL: &str = "failover,master-kill,master-pause,sentinel-kill,old-snapshot";

const CLUSTER: &str = "failover,master-kill,master-pause,slot-move,reshard,slot-force";

#[test]
fn a_failover_breaks_no_bounded_promise() {
    replaced("sentinel", "bounded", SENTINEL);
}

#[test]
fn a_failover_breaks_no_strong_promise() {
    replaced("sentinel", "strong", SENTINEL);
}

#[test]
fn a_cluster_that_changes_breaks_no_bounded_promise() {
    replaced("cluster", "bounded", CLUSTER);
}

#[test]
fn a_cluster_that_changes_breaks_no_strong_promise() {
    replaced("cluster", "strong", CLUSTER);
}

#[test]
fn memory_that_skips_its_cells_is_found_out() {
    let words = ["--plant", "cells", "--seconds", "30", "--faults", "none"];
    let (code, said) = run(&words);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("\nviolation: process "), "{said}");
}

#[test]
fn bounded_reads_that_pass_for_strong_are_found_out() {
    let words = ["--level", "strong", "--plant", "level", "--seconds", "30"];
    let (code, said) = run(&words);
    assert_eq!(code, Some(1), "{said}");
}
