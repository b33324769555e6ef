//! What a node has sent on a connection and its driver has not read yet.
//!
//! Order matters between a push and an answer, and not within a run of pushes (flips commute, and two
//! of one subject are as good as one) nor within a run of answers (reading one only lets a task run,
//! and tasks run in any order). So a run is kept sorted, which makes equal what can't be told apart.

use super::state::{Set, Subject};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Message {
    Push(Subject),
    /// What the process' own caller wrote, which counts it and is not misled by it.
    Own(Subject),
    Answer(usize),
    Unlinked,
    /// To a heartbeat sent when these invalidations were acknowledged.
    Beat(Set),
    /// The same of a node that is no master any more.
    Demoted,
}

impl Message {
    fn is_push(self) -> bool {
        matches!(self, Self::Push(_) | Self::Own(_))
    }

    fn code(self) -> u64 {
        match self {
            Self::Push(subject) => 1 + subject as u64,
            Self::Answer(caller) => 4 + caller as u64,
            Self::Unlinked => 7,
            Self::Beat(since) => 8 + u64::from(since.0),
            Self::Demoted => 12,
            Self::Own(subject) => 13 + subject as u64,
        }
    }

    fn decode(code: u64) -> Option<Self> {
        Some(match code {
            1 => Self::Push(Subject::Entry),
            2 => Self::Push(Subject::Tag),
            3 => Self::Push(Subject::Bucket),
            4 => Self::Answer(0),
            5 => Self::Answer(1),
            6 => Self::Answer(2),
            7 => Self::Unlinked,
            8..12 => Self::Beat(Set(u8::try_from(code - 8).ok()?)),
            12 => Self::Demoted,
            13 => Self::Own(Subject::Entry),
            14 => Self::Own(Subject::Tag),
            15 => Self::Own(Subject::Bucket),
            _ => return None,
        })
    }
}

/// Four bits a message, the next to be read in the lowest. Three answers to callers, one to an
/// invalidation and one to a heartbeat, with all pushes before, between and after, take 23; more than
/// fit end the run with a panic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Queue(u64);

impl Queue {
    pub(crate) fn push(&mut self, message: Message) {
        let len = self.iter().count();
        assert!(len < 16, "the bound on messages under way is too low");
        let mut run = len;
        while run > 0
            && self
                .at(run - 1)
                .is_some_and(|m| m.is_push() == message.is_push())
        {
            run -= 1;
        }
        let mut place = len;
        for at in (run..len).rev() {
            match self.code(at) {
                code if code == message.code() => return,
                code if code > message.code() => place = at,
                _ => {}
            }
        }
        let low = (1 << (4 * place)) - 1;
        self.0 = self.0 & low | message.code() << (4 * place) | (self.0 & !low) << 4;
    }

    fn code(self, place: usize) -> u64 {
        self.0 >> (4 * place) & 15
    }

    fn at(self, place: usize) -> Option<Message> {
        Message::decode(self.code(place))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Message> {
        (0..16).map_while(move |place| self.at(place))
    }

    /// Takes messages out; those around them may become one run.
    pub(crate) fn remove(&mut self, which: impl Fn(Message) -> bool) {
        if self.iter().any(&which) {
            let before = std::mem::take(self);
            for message in before.iter().filter(|message| !which(*message)) {
                self.push(message);
            }
        }
    }

    /// Takes the message at this place out.
    pub(crate) fn take(&mut self, place: usize) {
        let before = std::mem::take(self);
        for (at, message) in before.iter().enumerate() {
            if at != place {
                self.push(message);
            }
        }
    }

    /// The message at this place, if the driver may read it next: the order within a run is free.
    pub(crate) fn next(self, place: usize, pushes_in_order: bool) -> Option<Message> {
        let message = self.at(place)?;
        let mut before = self.iter().take(place);
        let in_run = before.all(|m| m.is_push() == message.is_push());
        (in_run || !pushes_in_order).then_some(message)
    }

    /// Whether a push of one of these subjects comes before the answer to this caller.
    pub(crate) fn is_pushed_before(self, caller: usize, rests: impl Fn(Subject) -> bool) -> bool {
        let before = self.iter().take_while(|m| *m != Message::Answer(caller));
        before
            .filter_map(|m| match m {
                Message::Push(subject) => Some(subject),
                _ => None,
            })
            .any(rests)
    }

    pub(crate) fn beats(self) -> bool {
        self.iter()
            .any(|m| matches!(m, Message::Beat(_) | Message::Demoted))
    }
}
