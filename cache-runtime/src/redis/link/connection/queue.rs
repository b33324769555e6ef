//! What is to be sent on a connection, and who waits for which answers.

use std::collections::VecDeque;
use std::mem;

use redis::Value;
use tokio::sync::oneshot;

use super::joined::{Joined, Read, Reads};

/// So many are sent and not answered at most, which is as many as a server a millisecond away answers at
/// 128,000 a second. What is sent past that does not come sooner: it fills the server's receive buffer,
/// and TCP then stands still for hundreds of milliseconds.
const UNDER_WAY: usize = 128;

/// Once so many bytes are to be written, no more are joined to them.
const JOINED_BYTES: usize = 256 << 10;

/// When so many wait to be sent, those whose callers are gone are thrown out.
const CROWDED: usize = 1_024;

/// Commands to be sent, and where their answers go.
pub(super) struct Sending {
    packed: Vec<u8>,
    waiting: Waiting,
}

/// Whoever waits for a number of answers.
struct Waiting {
    count: usize,
    answers: Vec<Value>,
    tell: Tell,
}

/// Who is told of answers.
enum Tell {
    One(oneshot::Sender<Vec<Value>>),
    Joined(Joined),
}

impl Sending {
    pub(super) fn new(packed: Vec<u8>, count: usize, tell: oneshot::Sender<Vec<Value>>) -> Self {
        let waiting = Waiting::of(count, Tell::One(tell));
        Self { packed, waiting }
    }

    fn is_wanted(&self) -> bool {
        match &self.waiting.tell {
            Tell::One(tell) => !tell.is_closed(),
            Tell::Joined(_) => true,
        }
    }
}

impl Waiting {
    fn of(count: usize, tell: Tell) -> Self {
        Self {
            count,
            answers: Vec::with_capacity(count),
            tell,
        }
    }
}

/// The commands of one connection.
pub(super) struct Queue {
    unsent: VecDeque<Sending>,
    reads: Reads,
    under_way: VecDeque<Waiting>,
    /// What a caller could not write.
    left: Vec<u8>,
    /// Whether somebody writes, its driver or a caller.
    is_being_written: bool,
    is_closed: bool,
    /// How many may wait to be sent before those are thrown out whom nobody waits for.
    crowded: usize,
}

impl Queue {
    pub(super) fn new(is_in_cluster: bool) -> Self {
        Self {
            unsent: VecDeque::new(),
            reads: Reads::new(is_in_cluster),
            under_way: VecDeque::new(),
            left: Vec::new(),
            is_being_written: false,
            is_closed: false,
            crowded: CROWDED,
        }
    }

    /// Takes it in, or drops it if the connection is closed.
    pub(super) fn push(&mut self, sending: Sending) {
        if self.is_closed {
            return;
        }
        if self.unsent.len() >= self.crowded {
            self.unsent.retain(Sending::is_wanted);
            self.crowded = CROWDED.max(self.unsent.len() * 2);
        }
        self.unsent.push_back(sending);
    }

    /// Takes a read in, to be joined with others, or drops it if the connection is closed; whether it can go
    /// out with the next write.
    pub(super) fn push_read(&mut self, read: Read) -> bool {
        if self.is_closed {
            return false;
        }
        self.reads.push(read);
        self.reads.may_go()
    }

    /// Whether what was just given may be written by whoever gave it.
    pub(super) fn is_idle(&self) -> bool {
        self.unsent.len() + self.reads.len() == 1
            && self.under_way.is_empty()
            && !self.is_being_written
    }

    /// What to write of all that is to be sent; [`end`](Self::end) is called once it is written. Nothing if
    /// another writes.
    pub(super) fn begin(&mut self) -> Vec<u8> {
        if self.is_being_written {
            return Vec::new();
        }
        let mut packed = mem::take(&mut self.left);
        while self.under_way.len() < UNDER_WAY && packed.len() < JOINED_BYTES {
            let Some(next) = self.unsent.pop_front() else {
                break;
            };
            if !next.is_wanted() {
                continue;
            }
            match packed.is_empty() {
                true => packed = next.packed,
                false => packed.extend_from_slice(&next.packed),
            }
            self.under_way.push_back(next.waiting);
        }
        while self.reads.may_go() && self.under_way.len() < UNDER_WAY {
            let Some((count, joined)) = self.reads.join(&mut packed) else {
                break;
            };
            let waiting = Waiting::of(count, Tell::Joined(joined));
            self.under_way.push_back(waiting);
        }
        self.is_being_written = !packed.is_empty();
        packed
    }

    /// Ends a write that left this over; whether there is more to write.
    pub(super) fn end(&mut self, left: Vec<u8>) -> bool {
        self.left = left;
        self.is_being_written = false;
        let is_asked = !self.unsent.is_empty() || self.reads.may_go();
        (is_asked && self.under_way.len() < UNDER_WAY) || !self.left.is_empty()
    }

    /// Gives an answer to whoever is next; `false` if nobody waits for any.
    pub(super) fn answer(&mut self, value: Value) -> bool {
        let Some(next) = self.under_way.front_mut() else {
            return false;
        };
        next.answers.push(value);
        if next.answers.len() == next.count
            && let Some(done) = self.under_way.pop_front()
        {
            match done.tell {
                // Who asked may have gone away.
                Tell::One(tell) => drop(tell.send(done.answers)),
                Tell::Joined(joined) => self.reads.answer(joined, done.answers),
            }
        }
        true
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Nothing is sent any more, and nobody will be answered.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.unsent.clear();
        self.reads.clear();
        self.under_way.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending(packed: &str) -> (Sending, oneshot::Receiver<Vec<Value>>) {
        let (tell, told) = oneshot::channel();
        (Sending::new(packed.into(), 1, tell), told)
    }

    #[test]
    fn what_is_dropped_before_it_is_written_never_is() {
        let mut queue = Queue::new(false);
        let (first, _waits) = sending("first ");
        let (second, gone) = sending("second ");
        let (third, mut waits) = sending("third");
        for one in [first, second, third] {
            queue.push(one);
        }
        drop(gone);
        assert_eq!(queue.begin(), b"first third");
        assert!(queue.answer(Value::Int(1)) && queue.answer(Value::Int(3)));
        assert_eq!(waits.try_recv(), Ok(vec![Value::Int(3)]));
        assert!(!queue.answer(Value::Int(4)), "nobody waits for it");
    }

    #[test]
    fn one_writes_at_a_time_and_what_is_left_over_goes_first() {
        let mut queue = Queue::new(false);
        let (first, _first) = sending("first");
        queue.push(first);
        assert!(queue.is_idle());
        assert_eq!(queue.begin(), b"first");
        let (second, _second) = sending(" second");
        queue.push(second);
        assert!(!queue.is_idle());
        assert_eq!(queue.begin(), b"", "another writes");
        assert!(queue.end(b"st".to_vec()));
        assert_eq!(queue.begin(), b"st second");
        assert!(!queue.end(Vec::new()));
    }

    #[test]
    fn so_many_are_under_way_and_no_more() {
        let mut queue = Queue::new(false);
        let waiting: Vec<_> = (0..=UNDER_WAY)
            .map(|_| {
                let (one, waits) = sending(".");
                queue.push(one);
                waits
            })
            .collect();
        assert_eq!(queue.begin().len(), UNDER_WAY);
        assert!(!queue.end(Vec::new()), "there is no room");
        assert!(queue.answer(Value::Nil));
        assert_eq!(queue.begin(), b".");
        drop(waiting);
    }

    #[test]
    fn those_whom_nobody_waits_for_are_thrown_out_of_a_crowd() {
        let mut queue = Queue::new(false);
        for _ in 0..CROWDED * 10 {
            queue.push(sending("x").0);
        }
        assert!(queue.unsent.len() <= CROWDED);
    }

    #[test]
    fn a_closed_connection_drops_what_it_is_given() {
        let mut queue = Queue::new(false);
        let (before, mut waits) = sending("before");
        queue.push(before);
        queue.close();
        assert!(waits.try_recv().is_err());
        let (after, mut waits) = sending("after");
        queue.push(after);
        assert!(waits.try_recv().is_err());
        assert_eq!(queue.begin(), b"");
    }
}
