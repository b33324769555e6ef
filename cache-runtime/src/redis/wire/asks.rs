//! What is asked of a node, each ask about keys of one slot.

use super::calls::{Call, One};
use super::run::RunId;
use super::scripts::{
    CLAIM, EXPIRE, EXPIRE_ENTRY, FILL, LEASE, LENGTHEN, Lua, PUBLISH, PUT_BACK, STAMP,
};
use crate::redis::terms::asks::{FillAsk, LeaseAsk, PublishAsk, PutBackAsk, StampAsk};

/// How many keys one command of a walk looks at: some 100 µs of the node's time.
pub(in crate::redis) const SCANNED: u32 = 512;

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
    Publish(&'a PublishAsk<'a>),
    PutBack(&'a PutBackAsk<'a>),
    /// Of the node and of no key.
    Scan {
        from: &'a [u8],
        pattern: &'a str,
    },
    /// Names of one slot.
    Unlink(&'a [String]),
    /// What only who looks from outside asks; nothing rests on it.
    Said {
        /// A key of its slot; empty for what is asked of a node.
        key: &'a str,
        words: &'a [&'a [u8]],
    },
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
            Self::Publish(ask) => ask.list,
            Self::PutBack(ask) => ask.entry,
            Self::Scan { .. } => "",
            Self::Unlink(names) => names.first().map_or("", String::as_str),
            Self::Said { key, .. } => key,
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

    /// As one of the many that a script takes; none if it is not asked of such a script.
    fn one(&self, run_id: RunId) -> Option<One> {
        match self {
            Self::Lease(ask) => Some(ask.one(run_id)),
            Self::Stamp(ask) => Some(ask.one(run_id)),
            Self::Fill(ask) => Some(ask.one(run_id)),
            _ => None,
        }
    }

    /// All of them as a call that others may share; none if one is not asked of a script that takes many.
    pub(in crate::redis) fn call(asks: &[Self], run_id: RunId) -> Option<Call> {
        asks.iter().map(|ask| ask.one(run_id)).collect()
    }

    /// The command, packed as it is said in this run of the node.
    pub(in crate::redis) fn packed(&self, run_id: RunId) -> Vec<u8> {
        let command = match self {
            Self::Lease(ask) => return ask.one(run_id).alone(),
            Self::Stamp(ask) => return ask.one(run_id).alone(),
            Self::Fill(ask) => return ask.one(run_id).alone(),
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
            Self::Publish(ask) => {
                let mut call = PUBLISH.call(2);
                call.arg(ask.list).arg(ask.name);
                call.arg(ask.id).arg(ask.life_ms);
                call.arg(ask.snapshot).arg(ask.most);
                call
            }
            Self::PutBack(ask) => {
                let mut call = PUT_BACK.call(2);
                call.arg(ask.lease).arg(ask.entry);
                call.arg(run_id.as_slice());
                call.arg(ask.seen_id).arg(ask.seen_len);
                call.arg(ask.frame).arg(ask.ttl_ms);
                call
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
            Self::Said { words, .. } => {
                let mut command = redis::Cmd::new();
                command.arg(words);
                command
            }
        };
        command.get_packed_command()
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
    fn one(&self, run_id: RunId) -> One {
        let mut one = One::new(&LEASE, &[self.lease, self.entry]);
        one.word(&held(self.token, run_id)).number(self.ttl_ms);
        one.word(self.invalid_id).number(u64::from(self.share));
        one
    }
}

impl StampAsk<'_> {
    fn one(&self, run_id: RunId) -> One {
        let mut one = One::new(&STAMP, &[self.name]).needed(self.need_ms);
        one.word(&self.fresh).word(&run_id);
        one
    }
}

impl FillAsk<'_> {
    fn one(&self, run_id: RunId) -> One {
        let mut one = One::new(&FILL, &[self.lease, self.entry]);
        one.word(&held(self.token, run_id));
        one.word(self.frame).number(self.ttl_ms);
        // What was claimed in another run says nothing of what is there in this one.
        match self.claimed {
            Some(claimed) if claimed.run_id == run_id => one.number(1).word(&claimed.id),
            _ => one.number(0).word(b""),
        };
        one
    }
}
