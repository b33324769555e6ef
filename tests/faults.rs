//! The fault suite's short form: every fault of one server, and what is most likely to happen to a
//! Sentinel and to a cluster.

use std::process::Command;

#[test]
fn no_fault_costs_a_caller_more_than_it_may() {
    let output = Command::new(env!("CARGO_BIN_EXE_faults"))
        .arg("--short")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(0), "{said}");
}
