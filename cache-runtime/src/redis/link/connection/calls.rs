//! Calls of scripts that are joined.

use std::collections::VecDeque;
use std::mem;

use redis::Value;
use tokio::sync::oneshot;

use super::joined::CROWDED;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::calls::{Call, Calls as Packed, size};
use crate::redis::wire::reply::Reply;

/// At most this many writes of joined calls are under way at once; further calls wait to be joined.
const WRITES: usize = 2;

/// At most this many calls go into one write, and about so many bytes, so that what is behind them does not wait for
/// them past its `op_timeout`: a frame may be large.
const JOINED: usize = 128;
const JOINED_BYTES: usize = 256 << 10;

/// What a caller asks of scripts.
pub(super) struct Asked {
    pub(super) call: Call,
    pub(super) tell: oneshot::Sender<Vec<Value>>,
}

/// The calls of one connection.
pub(super) struct Calls {
    waiting: VecDeque<Asked>,
    /// How many writes are under way.
    under_way: usize,
    /// How many callers are about to give more.
    holds: usize,
    /// How many may wait before those are thrown out whom nobody waits for.
    crowded: usize,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: 0,
            holds: 0,
            crowded: CROWDED,
        }
    }

    /// Takes a call in; of a crowd those are thrown out whose callers are gone.
    pub(super) fn push(&mut self, asked: Asked) {
        if self.waiting.len() >= self.crowded {
            self.waiting.retain(|asked| !asked.tell.is_closed());
            self.crowded = CROWDED.max(self.waiting.len() * 2);
        }
        self.waiting.push_back(asked);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Has calls wait for more of them, until as many holds have ended.
    pub(super) fn hold(&mut self) {
        self.holds += 1;
    }

    pub(super) fn end_hold(&mut self) {
        self.holds -= 1;
    }

    /// Whether calls wait that can go out with the next write. As many as it takes wait for no more.
    pub(super) fn may_go(&self) -> bool {
        let is_held = self.holds > 0 && self.waiting.len() < JOINED;
        self.under_way < WRITES && !self.waiting.is_empty() && !is_held
    }

    /// Those to join in the next write, which is under way from now on; none if there are none.
    pub(super) fn next(&mut self) -> Vec<Asked> {
        let (mut next, mut bytes) = (Vec::new(), 0);
        if !self.may_go() {
            return next;
        }
        while next.len() < JOINED && bytes < JOINED_BYTES {
            match self.waiting.pop_front() {
                Some(asked) if asked.tell.is_closed() => {}
                Some(asked) => {
                    bytes += size(&asked.call);
                    next.push(asked);
                }
                None => break,
            }
        }
        self.under_way += usize::from(!next.is_empty());
        next
    }

    /// All that was joined in a write was answered.
    pub(super) fn answered(&mut self) {
        self.under_way -= 1;
    }

    /// All that wait.
    pub(super) fn take(&mut self) -> VecDeque<Asked> {
        mem::take(&mut self.waiting)
    }
}

/// Those who share the answers to one write.
pub(super) struct JoinedCalls {
    packed: Packed,
    tell: Vec<oneshot::Sender<Vec<Value>>>,
}

impl JoinedCalls {
    /// Packs these calls; how many replies there will be, and for whom.
    pub(super) fn pack(asked: Vec<Asked>, packed: &mut Vec<u8>) -> (usize, Self) {
        let asked = asked.into_iter().map(|asked| (asked.call, asked.tell));
        let (calls, tell): (Vec<_>, Vec<_>) = asked.unzip();
        let joined = Self {
            packed: Packed::pack(calls, packed),
            tell,
        };
        (joined.packed.replies(), joined)
    }

    /// Tells each what it asked for.
    pub(super) fn tell(self, replies: &[Reply]) -> Result<(), Fault> {
        for (tell, values) in self.tell.into_iter().zip(self.packed.answers(replies)?) {
            // Who asked may have gone away.
            let _ = tell.send(values);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::terms::asks::FillAsk;
    use crate::redis::wire::asks::Ask;

    type Told = oneshot::Receiver<Vec<Value>>;

    fn asked(calls: &mut Calls, bytes: usize) -> Told {
        let fill = FillAsk {
            lease: "{e}:lease",
            entry: "{e}",
            token: &[0; 16],
            frame: &vec![0; bytes],
            ttl_ms: 1,
            claimed: None,
        };
        let (tell, told) = oneshot::channel();
        let call = Ask::call(&[Ask::Fill(&fill)], [0; 8]).unwrap();
        calls.push(Asked { call, tell });
        told
    }

    #[test]
    fn so_many_writes_are_under_way_and_what_comes_meanwhile_is_joined() {
        let mut calls = Calls::new();
        let mut told = Vec::new();
        for _ in 0..WRITES {
            told.push(asked(&mut calls, 1));
            assert_eq!(calls.next().len(), 1);
        }
        told.extend((0..JOINED + 1).map(|_| asked(&mut calls, 1)));
        assert!(!calls.may_go() && calls.next().is_empty());
        calls.answered();
        assert_eq!(calls.next().len(), JOINED);
        calls.answered();
        assert_eq!(calls.next().len(), 1);
    }

    #[test]
    fn a_hold_has_calls_wait_until_it_ends_or_they_are_as_many_as_one_write_takes() {
        let mut calls = Calls::new();
        calls.hold();
        calls.hold();
        let mut told = vec![asked(&mut calls, 1)];
        assert!(!calls.may_go() && calls.next().is_empty());
        told.extend((1..JOINED).map(|_| asked(&mut calls, 1)));
        assert!(calls.may_go());
        assert_eq!(calls.next().len(), JOINED);
        told.push(asked(&mut calls, 1));
        calls.end_hold();
        assert!(!calls.may_go(), "another holds them");
        calls.end_hold();
        assert_eq!(calls.next().len(), 1);
    }

    #[test]
    fn large_frames_go_in_smaller_numbers_and_those_of_nobody_not_at_all() {
        let mut calls = Calls::new();
        drop(asked(&mut calls, 1));
        let _told: Vec<_> = (0..5)
            .map(|_| asked(&mut calls, JOINED_BYTES / 2))
            .collect();
        drop(asked(&mut calls, 1));
        assert_eq!(calls.next().len(), 2);
        assert_eq!(calls.next().len(), 2);
        calls.answered();
        assert_eq!(calls.next().len(), 1);
        drop(asked(&mut calls, 1));
        assert!(calls.next().is_empty());
        for _ in 0..CROWDED * 10 {
            drop(asked(&mut calls, 1));
        }
        assert!(calls.len() <= CROWDED);
    }
}
