//! What is asked of a node, each ask about keys of one slot.

use redis::{Cmd, Pipeline};

use super::run::RunId;
use super::scripts::{CLAIM, EXPIRE, EXPIRE_ENTRY, FILL, LEASE, LENGTHEN, Lua, STAMP};
use crate::redis::terms::asks::{FillAsk, LeaseAsk, StampAsk};

/// How many keys one command of a walk looks at: some 100 µs of the node's time.
const SCANNED: u32 = 512;

/// One command to the node that has its keys.
#[derive(Clone, Copy)]
pub(in crate::redis) enum Ask<'a> {
    Lease(&'a LeaseAsk<'a>),
    Stamp(&'a StampAsk<'a>),
    Fill(&'a FillAsk<'a>),
    /// What a lease's holder does with it.
    Own {
        script: &'static Lua,
        lease: &'a str,
        token: &'a [u8; 16],
        ms: Option<u64>,
    },
    /// Takes the lease for a put, whoever holds it.
    Claim {
        lease: &'a str,
        entry: &'a str,
        token: &'a [u8; 16],
        ms: u64,
    },
    Expire {
        stamp: &'a str,
        half: [u8; 8],
    },
    ExpireEntry {
        entry: &'a str,
        lease: &'a str,
        id: &'a [u8],
        stale: &'a [u8],
    },
    Lengthen {
        entry: &'a str,
        id: &'a [u8],
        ms: u64,
    },
    Get(&'a str),
    /// Of the node and of no key.
    Scan {
        from: &'a [u8],
        pattern: &'a str,
    },
    /// Names of one slot.
    Unlink(&'a [String]),
}

impl Ask<'_> {
    /// A key of its slot.
    pub(in crate::redis) fn key(&self) -> &str {
        match self {
            Self::Lease(ask) => ask.entry,
            Self::Stamp(ask) => ask.name,
            Self::Fill(ask) => ask.entry,
            Self::Own { lease, .. } | Self::Claim { lease, .. } => lease,
            Self::Expire { stamp, .. } => stamp,
            Self::ExpireEntry { entry, .. } | Self::Lengthen { entry, .. } => entry,
            Self::Get(name) => name,
            Self::Scan { .. } => "",
            Self::Unlink(names) => names.first().map_or("", String::as_str),
        }
    }

    pub(in crate::redis) fn deletes(&self) -> bool {
        matches!(self, Self::Unlink(_))
    }

    /// Whether the same can be had by an ask for each of its keys.
    pub(in crate::redis) fn can_be_split(&self) -> bool {
        matches!(self, Self::Unlink(names) if names.len() > 1)
    }

    /// Whether it writes what it then rests on: a read must follow, which is answered after the
    /// pushes for those writes.
    pub(in crate::redis) fn rests_on_writes(&self) -> bool {
        matches!(self, Self::Lease(_) | Self::Stamp(_) | Self::Fill(_))
    }

    /// Adds the command, as it is said in this run of the node.
    pub(in crate::redis) fn add(&self, pipeline: &mut Pipeline, run_id: RunId) {
        pipeline.add_command(self.command(run_id));
    }

    fn command(&self, run_id: RunId) -> Cmd {
        match self {
            Self::Lease(ask) => ask.call(run_id),
            Self::Stamp(ask) => ask.call(run_id),
            Self::Fill(ask) => ask.call(run_id),
            Self::Own {
                script,
                lease,
                token,
                ms,
            } => {
                let mut call = script.call(1);
                call.arg(lease).arg(held(token, run_id).as_slice()).arg(ms);
                call
            }
            Self::Claim {
                lease,
                entry,
                token,
                ms,
            } => {
                let mut call = CLAIM.call(2);
                call.arg(lease).arg(entry);
                call.arg(held(token, run_id).as_slice()).arg(ms);
                call
            }
            Self::Expire { stamp, half } => {
                let mut call = EXPIRE.call(1);
                call.arg(stamp).arg(half.as_slice());
                call.arg(run_id.as_slice());
                call
            }
            Self::ExpireEntry {
                entry,
                lease,
                id,
                stale,
            } => {
                let mut call = EXPIRE_ENTRY.call(2);
                call.arg(lease).arg(entry).arg(id).arg(stale);
                call
            }
            Self::Lengthen { entry, id, ms } => {
                let mut call = LENGTHEN.call(1);
                call.arg(entry).arg(id).arg(ms);
                call
            }
            Self::Get(name) => {
                let mut command = redis::cmd("GET");
                command.arg(name);
                command
            }
            Self::Scan { from, pattern } => {
                let mut command = redis::cmd("SCAN");
                command.arg(from).arg("MATCH").arg(pattern);
                command.arg("COUNT").arg(SCANNED);
                command
            }
            Self::Unlink(names) => {
                let mut command = redis::cmd("UNLINK");
                command.arg(names);
                command
            }
        }
    }
}

/// What a lease holds: the token of its holder, and the run it was taken in. One that a failover or a
/// snapshot brings back is of another run, and nobody's.
fn held(token: &[u8; 16], run_id: RunId) -> [u8; 24] {
    let mut held = [0; 24];
    let (first, last) = held.split_at_mut(token.len());
    first.copy_from_slice(token);
    last.copy_from_slice(&run_id);
    held
}

impl LeaseAsk<'_> {
    fn call(&self, run_id: RunId) -> Cmd {
        let mut call = LEASE.call(2);
        call.arg(self.lease).arg(self.entry);
        call.arg(held(self.token, run_id).as_slice())
            .arg(self.ttl_ms);
        call.arg(self.invalid_id).arg(u8::from(self.share));
        call
    }
}

impl StampAsk<'_> {
    fn call(&self, run_id: RunId) -> Cmd {
        let mut call = STAMP.call(1);
        call.arg(self.name).arg(self.fresh.as_slice());
        call.arg(run_id.as_slice()).arg(self.need_ms);
        call
    }
}

impl FillAsk<'_> {
    fn call(&self, run_id: RunId) -> Cmd {
        let mut call = FILL.call(2);
        call.arg(self.lease).arg(self.entry);
        call.arg(held(self.token, run_id).as_slice());
        call.arg(self.frame).arg(self.ttl_ms);
        // What was claimed in another run says nothing of what is there in this one.
        match self.claimed {
            Some(claimed) if claimed.run_id == run_id => call.arg(1).arg(&claimed.id),
            _ => call.arg(0).arg(""),
        };
        call
    }
}
