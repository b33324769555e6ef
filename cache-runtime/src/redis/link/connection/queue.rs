//! What is to be sent on a connection, and who waits for which answers.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use redis::Value;
use tokio::sync::oneshot;

use super::calls::{Asked, Calls, JoinedCalls};
use super::joined::{CROWDED, Joined, Read, Reads};
use super::socket::Plain;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::reply::Reply;

/// At most this many commands are sent and not answered, as many as a server a millisecond away answers at
/// 128,000 a second. What is sent past that does not come sooner: it fills the server's receive buffer,
/// and TCP then stands still for hundreds of milliseconds.
const UNDER_WAY: usize = 128;

/// Commands to be sent, and where their answers go.
pub(super) struct Sending {
    packed: Vec<u8>,
    waiting: Waiting,
}

/// Whoever waits for a number of answers.
pub(super) struct Waiting {
    count: usize,
    answers: Vec<Reply>,
    tell: Tell,
}

/// Who is told of answers.
enum Tell {
    One(oneshot::Sender<Vec<Value>>),
    Joined(Joined),
    Called(JoinedCalls),
}

impl Sending {
    pub(super) fn new(packed: Vec<u8>, count: usize, tell: oneshot::Sender<Vec<Value>>) -> Self {
        let waiting = Waiting::of(count, Tell::One(tell));
        Self { packed, waiting }
    }

    fn is_wanted(&self) -> bool {
        match &self.waiting.tell {
            Tell::One(tell) => !tell.is_closed(),
            Tell::Joined(_) | Tell::Called(_) => true,
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

    /// Tells of all the answers; how many bytes a value had on the average, if values were read.
    pub(super) fn tell(self) -> Result<Option<usize>, Fault> {
        match self.tell {
            Tell::One(tell) => {
                let values = self.answers.iter().map(Reply::value);
                // Who asked may have gone away.
                let _ = tell.send(values.collect::<Result<_, _>>()?);
                Ok(None)
            }
            Tell::Joined(joined) => joined.tell(&self.answers),
            Tell::Called(joined) => joined.tell(&self.answers).map(|()| None),
        }
    }
}

/// The commands of one connection.
pub(super) struct Queue {
    unsent: VecDeque<Sending>,
    reads: Reads,
    calls: Calls,
    under_way: VecDeque<Waiting>,
    /// Where callers write to themselves; not with TLS.
    socket: Option<Arc<Plain>>,
    /// What a caller could not write.
    left: Vec<u8>,
    /// Whether somebody writes, its driver or a caller.
    is_being_written: bool,
    is_closed: bool,
    /// How many may wait to be sent before those are thrown out whom nobody waits for.
    crowded: usize,
}

/// What somebody is to write.
pub(super) struct Outgoing {
    pub(super) packed: Vec<u8>,
    sendings: Vec<Sending>,
    calls: Vec<Asked>,
    reads: Vec<Read>,
    is_in_cluster: bool,
}

impl Outgoing {
    /// Packs all of it, and says who waits for what. It takes a while where many reads are joined.
    pub(super) fn pack(&mut self) -> Vec<Waiting> {
        let mut waiting = Vec::with_capacity(self.sendings.len() + 2);
        for sending in self.sendings.drain(..) {
            match self.packed.is_empty() {
                true => self.packed = sending.packed,
                false => self.packed.extend_from_slice(&sending.packed),
            }
            waiting.push(sending.waiting);
        }
        let calls = mem::take(&mut self.calls);
        if !calls.is_empty() {
            let (count, joined) = JoinedCalls::pack(calls, &mut self.packed);
            waiting.push(Waiting::of(count, Tell::Called(joined)));
        }
        let reads = mem::take(&mut self.reads);
        if !reads.is_empty() {
            let (count, joined) = Joined::pack(reads, self.is_in_cluster, &mut self.packed);
            waiting.push(Waiting::of(count, Tell::Joined(joined)));
        }
        waiting
    }
}

impl Queue {
    pub(super) fn new(socket: Option<Arc<Plain>>, is_in_cluster: bool) -> Self {
        Self {
            socket,
            unsent: VecDeque::new(),
            reads: Reads::new(is_in_cluster),
            calls: Calls::new(),
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

    /// Takes a call of scripts in, to be joined with others, or drops it if the connection is closed; whether it can
    /// go out with the next write.
    pub(super) fn push_call(&mut self, asked: Asked) -> bool {
        if self.is_closed {
            return false;
        }
        self.calls.push(asked);
        self.calls.may_go()
    }

    /// Has calls wait for more of them.
    pub(super) fn hold_calls(&mut self) {
        self.calls.hold();
    }

    /// Ends a hold; whether calls can go out with the next write.
    pub(super) fn end_hold(&mut self) -> bool {
        self.calls.end_hold();
        self.calls.may_go()
    }

    /// Where what was just given may be written by whoever gave it, as nothing else is under way.
    pub(super) fn idle(&self) -> Option<&Arc<Plain>> {
        let is_idle = self.unsent.len() + self.calls.len() + self.reads.len() == 1
            && self.under_way.is_empty()
            && (self.calls.len() == 0 || self.calls.may_go())
            && !self.is_being_written;
        self.socket.as_ref().filter(|_| is_idle)
    }

    /// What to write next, unless there is nothing, or another writes. It is packed while the queue goes on, then
    /// [`begin`](Self::begin) says who waits, and [`end`](Self::end) what could not be written.
    pub(super) fn next(&mut self) -> Option<Outgoing> {
        if self.is_being_written {
            return None;
        }
        let mut sendings = Vec::new();
        while self.under_way.len() + sendings.len() < UNDER_WAY {
            match self.unsent.pop_front() {
                Some(next) if next.is_wanted() => sendings.push(next),
                Some(_) => {}
                None => break,
            }
        }
        let outgoing = Outgoing {
            packed: mem::take(&mut self.left),
            sendings,
            calls: self.calls.next(),
            reads: self.reads.next(),
            is_in_cluster: self.reads.is_in_cluster(),
        };
        self.is_being_written = !outgoing.packed.is_empty()
            || !outgoing.sendings.is_empty()
            || !outgoing.calls.is_empty()
            || !outgoing.reads.is_empty();
        self.is_being_written.then_some(outgoing)
    }

    /// What is written from now on is waited for by these. They are given back if the connection is closed.
    pub(super) fn begin(&mut self, waiting: Vec<Waiting>) -> Vec<Waiting> {
        if self.is_closed {
            return waiting;
        }
        self.under_way.extend(waiting);
        Vec::new()
    }

    /// Ends a write that left this over; whether there is more to write.
    pub(super) fn end(&mut self, left: Vec<u8>) -> bool {
        self.left = left;
        self.is_being_written = false;
        let is_asked = !self.unsent.is_empty() || self.calls.may_go() || self.reads.may_go();
        (is_asked && self.under_way.len() < UNDER_WAY) || !self.left.is_empty()
    }

    /// Takes an answer in; who has all of theirs now.
    ///
    /// # Errors
    ///
    /// If nobody waits for any.
    pub(super) fn answer(&mut self, reply: Reply) -> Result<Option<Waiting>, Fault> {
        let next = self.under_way.front_mut().ok_or(Fault::Protocol)?;
        next.answers.push(reply);
        if next.answers.len() < next.count {
            return Ok(None);
        }
        let done = self.under_way.pop_front();
        match done.as_ref().map(|done| &done.tell) {
            Some(Tell::Joined(_)) => self.reads.answered(),
            Some(Tell::Called(_)) => self.calls.answered(),
            Some(Tell::One(_)) | None => {}
        }
        Ok(done)
    }

    /// Learns how large values are.
    pub(super) fn measure(&mut self, mean: usize) {
        self.reads.measure(mean);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Nothing is sent any more, and nobody will be answered: all that is given back is to be dropped where the
    /// queue is not locked, as it wakes those who wait.
    pub(super) fn close(&mut self) -> Closed {
        self.is_closed = true;
        Closed {
            _unsent: mem::take(&mut self.unsent),
            _calls: self.calls.take(),
            _reads: self.reads.take(),
            _under_way: mem::take(&mut self.under_way),
            _socket: self.socket.take(),
        }
    }
}

/// What a closed connection leaves.
pub(super) struct Closed {
    _unsent: VecDeque<Sending>,
    _calls: VecDeque<Asked>,
    _reads: VecDeque<Read>,
    _under_way: VecDeque<Waiting>,
    _socket: Option<Arc<Plain>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::reply::Replies;

    fn sending(packed: &str) -> (Sending, oneshot::Receiver<Vec<Value>>) {
        let (tell, told) = oneshot::channel();
        (Sending::new(packed.into(), 1, tell), told)
    }

    fn packed(queue: &mut Queue) -> String {
        let Some(mut outgoing) = queue.next() else {
            return String::new();
        };
        let waiting = outgoing.pack();
        assert!(queue.begin(waiting).is_empty());
        String::from_utf8(outgoing.packed).unwrap()
    }

    fn reply(wire: &str) -> Reply {
        let mut replies = Replies::default();
        replies.buffer().extend_from_slice(wire.as_bytes());
        replies.next().unwrap().unwrap()
    }

    #[test]
    fn what_is_dropped_before_it_is_written_never_is() {
        let mut queue = Queue::new(None, false);
        let (first, _waits) = sending("first ");
        let (second, gone) = sending("second ");
        let (third, mut waits) = sending("third");
        for one in [first, second, third] {
            queue.push(one);
        }
        drop(gone);
        assert_eq!(packed(&mut queue), "first third");
        for wire in [":1\r\n", ":3\r\n"] {
            queue.answer(reply(wire)).unwrap().unwrap().tell().unwrap();
        }
        assert_eq!(waits.try_recv(), Ok(vec![Value::Int(3)]));
        assert!(
            queue.answer(reply(":4\r\n")).is_err(),
            "nobody waits for it"
        );
    }

    #[test]
    fn one_writes_at_a_time_and_what_is_left_over_goes_first() {
        let mut queue = Queue::new(None, false);
        let (first, _first) = sending("first");
        queue.push(first);
        assert_eq!(packed(&mut queue), "first");
        let (second, _second) = sending(" second");
        queue.push(second);
        assert!(queue.next().is_none(), "another writes");
        assert!(queue.end(b"st".to_vec()));
        assert_eq!(packed(&mut queue), "st second");
        assert!(!queue.end(Vec::new()));
    }

    #[test]
    fn so_many_are_under_way_and_no_more() {
        let mut queue = Queue::new(None, false);
        let waiting: Vec<_> = (0..=UNDER_WAY)
            .map(|_| {
                let (one, waits) = sending(".");
                queue.push(one);
                waits
            })
            .collect();
        assert_eq!(packed(&mut queue).len(), UNDER_WAY);
        assert!(!queue.end(Vec::new()), "there is no room");
        assert!(queue.answer(reply("_\r\n")).unwrap().is_some());
        assert_eq!(packed(&mut queue), ".");
        drop(waiting);
    }

    #[test]
    fn those_whom_nobody_waits_for_are_thrown_out_of_a_crowd() {
        let mut queue = Queue::new(None, false);
        for _ in 0..CROWDED * 10 {
            queue.push(sending("x").0);
        }
        assert!(queue.unsent.len() <= CROWDED);
    }

    #[test]
    fn a_closed_connection_drops_what_it_is_given() {
        let mut queue = Queue::new(None, false);
        let (before, mut waits) = sending("before");
        queue.push(before);
        drop(queue.close());
        assert!(waits.try_recv().is_err());
        let (after, mut waits) = sending("after");
        queue.push(after);
        assert!(waits.try_recv().is_err());
        assert!(queue.next().is_none());
    }
}
