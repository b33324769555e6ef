//! What the user may run, asked at the handshake: a server does not say which command of a script it
//! refused, and one that is refused seldom would be found out late.

use redis::{Pipeline, Value};

use crate::redis::terms::fault::Fault;
use crate::redis::wire::error::refusal;
use crate::redis::wire::scripts::RELEASE;

/// Commands that change nothing where `key` is absent, and next to nothing where it is not.
pub(super) fn ask(pipeline: &mut Pipeline, key: &str, waits: bool) {
    for reads in ["GET", "MGET", "EXISTS", "TYPE", "PTTL"] {
        pipeline.cmd(reads).arg(key);
    }
    for writes in ["DEL", "UNLINK"] {
        pipeline.cmd(writes).arg(key);
    }
    pipeline.cmd("GETRANGE").arg(key).arg(0).arg(0);
    pipeline.cmd("PEXPIRE").arg(key).arg(1);
    pipeline
        .cmd("SET")
        .arg(key)
        .arg("")
        .arg("XX")
        .arg("PX")
        .arg(1);
    // A lease of this token there is not.
    let mut call = RELEASE.call(1);
    call.arg(key).arg("");
    pipeline.add_command(call);
    if waits {
        pipeline.cmd("WAIT").arg(0).arg(0);
    }
}

/// What the answers refuse, each once. Other errors pass: they are told where they matter.
pub(super) fn denied<'a>(answers: impl Iterator<Item = &'a Value>) -> Vec<Fault> {
    let mut denied = Vec::new();
    for fault in answers.filter_map(refusal) {
        let is_refusal = matches!(fault, Fault::NoPermission | Fault::MayNotRun(_));
        if is_refusal && !denied.contains(&fault) {
            denied.push(fault);
        }
    }
    denied
}
