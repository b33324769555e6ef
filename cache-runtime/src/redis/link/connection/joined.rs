//! Reads that are joined into one command.

use std::collections::{HashMap, VecDeque};
use std::mem;

use foldhash::fast::RandomState;
use redis::Value;
use smallvec::SmallVec;
use tokio::sync::oneshot;

/// So many joined commands are under way at once; further reads wait to be joined.
const COMMANDS: usize = 2;

/// So many reads go into one command at most, so that none holds up the node for long.
const JOINED: usize = 128;

/// And fewer of large values: about so many bytes, so that what is behind them does not wait for
/// them past its `op_timeout`.
const JOINED_BYTES: usize = 256 << 10;

/// A read that is to be sent.
pub(super) struct Read {
    pub(super) names: Vec<String>,
    pub(super) tell: oneshot::Sender<Vec<Value>>,
}

/// The reads of one connection.
pub(super) struct Reads {
    waiting: VecDeque<Read>,
    /// How many joined commands are under way.
    under_way: usize,
    /// How many bytes a value had, on the average of late.
    mean_bytes: usize,
    /// In a cluster a command takes keys of one slot only.
    is_in_cluster: bool,
    /// Where each name stands in a command that is made.
    places: HashMap<String, usize, RandomState>,
}

/// The reads that share the answers to one command.
pub(super) struct Joined {
    shares: Vec<(Places, oneshot::Sender<Vec<Value>>)>,
    /// How many ask for each name.
    counts: Vec<u32>,
}

/// Where what one read asked for stands in the answers.
type Places = SmallVec<[usize; 4]>;

impl Reads {
    pub(super) fn new(is_in_cluster: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: 0,
            mean_bytes: 0,
            is_in_cluster,
            places: HashMap::default(),
        }
    }

    pub(super) fn push(&mut self, read: Read) {
        self.waiting.push_back(read);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether reads wait that can go out with the next write.
    pub(super) fn may_go(&self) -> bool {
        self.under_way < COMMANDS && !self.waiting.is_empty()
    }

    /// Packs the next command for those who wait; how many answers it gets, and for whom.
    pub(super) fn join(&mut self, packed: &mut Vec<u8>) -> Option<(usize, Joined)> {
        let most = (JOINED_BYTES / self.mean_bytes.max(1)).clamp(1, JOINED);
        let mut joined = Joined {
            shares: Vec::with_capacity(most.min(self.waiting.len())),
            counts: Vec::new(),
        };
        let mut names = Vec::new();
        while joined.shares.len() < most {
            let Some(read) = self.waiting.pop_front() else {
                break;
            };
            if read.tell.is_closed() {
                continue;
            }
            let places = read.names.into_iter();
            let places = places.map(|name| joined.place(&mut self.places, &mut names, name));
            let places = places.collect();
            joined.shares.push((places, read.tell));
        }
        self.places.clear();
        if joined.shares.is_empty() {
            return None;
        }
        self.under_way += 1;
        Some((self.pack(&names, packed), joined))
    }

    /// Packs the names, and says how many answers that gets.
    fn pack(&self, names: &[String], packed: &mut Vec<u8>) -> usize {
        match names {
            _ if self.is_in_cluster => {
                for name in names {
                    pack(packed, "GET", std::slice::from_ref(name));
                }
                names.len()
            }
            [_] => {
                pack(packed, "GET", names);
                1
            }
            _ => {
                pack(packed, "MGET", names);
                1
            }
        }
    }

    /// Gives those who share a command their answers.
    pub(super) fn answer(&mut self, joined: Joined, mut answers: Vec<Value>) {
        self.under_way -= 1;
        if !self.is_in_cluster
            && let Some(Value::Array(_)) = answers.first()
            && let Some(Value::Array(all)) = answers.pop()
        {
            answers = all;
        }
        self.measure(&answers);
        joined.answer(answers);
    }

    /// Learns how large values are, from a command that found some.
    fn measure(&mut self, values: &[Value]) {
        let sizes = values.iter().filter_map(|value| match value {
            Value::BulkString(bytes) => Some(bytes.len()),
            _ => None,
        });
        let (count, bytes) = sizes.fold((0_usize, 0_usize), |(n, sum), size| (n + 1, sum + size));
        if let Some(mean) = bytes.checked_div(count) {
            self.mean_bytes = (self.mean_bytes * 7 + mean) / 8;
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

impl Joined {
    /// Where a name stands: each is asked for once, as most calls of a namespace ask for its stamp.
    fn place(
        &mut self,
        places: &mut HashMap<String, usize, RandomState>,
        names: &mut Vec<String>,
        name: String,
    ) -> usize {
        if let Some(place) = places.get(&name) {
            self.counts[*place] += 1;
            return *place;
        }
        let place = names.len();
        names.push(name.clone());
        self.counts.push(1);
        places.insert(name, place);
        place
    }

    /// What each asked for; the last who asked for a value takes it.
    fn answer(mut self, mut values: Vec<Value>) {
        if values.len() != self.counts.len() {
            // The node would not do it, and says why once.
            for (_, tell) in self.shares {
                let _ = tell.send(values.clone());
            }
            return;
        }
        for (places, tell) in self.shares {
            let value = |place: &usize| {
                self.counts[*place] -= 1;
                match self.counts[*place] {
                    0 => mem::replace(&mut values[*place], Value::Nil),
                    _ => values[*place].clone(),
                }
            };
            // Who asked may have gone away.
            let _ = tell.send(places.iter().map(value).collect());
        }
    }
}

/// A command as it goes over the wire.
fn pack(packed: &mut Vec<u8>, verb: &str, names: &[String]) {
    let room: usize = names.iter().map(|name| name.len() + 16).sum();
    packed.reserve(room + 32);
    let mut line = |mark: u8, count: usize, text: &[u8]| {
        packed.push(mark);
        decimal(packed, count);
        packed.extend_from_slice(b"\r\n");
        if mark == b'$' {
            packed.extend_from_slice(text);
            packed.extend_from_slice(b"\r\n");
        }
    };
    line(b'*', names.len() + 1, b"");
    line(b'$', verb.len(), verb.as_bytes());
    for name in names {
        line(b'$', name.len(), name.as_bytes());
    }
}

fn decimal(packed: &mut Vec<u8>, number: usize) {
    if number >= 10 {
        decimal(packed, number / 10);
    }
    packed.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = oneshot::Receiver<Vec<Value>>;

    fn asked(reads: &mut Reads, names: &[&str]) -> Told {
        let (tell, told) = oneshot::channel();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        reads.push(Read { names, tell });
        told
    }

    fn values(names: &[&str]) -> Vec<Value> {
        let one = |name: &&str| Value::BulkString(name.as_bytes().to_vec());
        names.iter().map(one).collect()
    }

    fn joined(reads: &mut Reads) -> (String, usize, Joined) {
        let mut packed = Vec::new();
        let (count, joined) = reads.join(&mut packed).unwrap();
        (String::from_utf8(packed).unwrap(), count, joined)
    }

    #[test]
    fn what_many_ask_for_is_asked_for_once_and_given_to_each() {
        let mut reads = Reads::new(false);
        let lists: [&[&str]; 3] = [&["a", "ns"], &["b", "ns", "b"], &["a"]];
        let told = lists.map(|names| asked(&mut reads, names));
        let (packed, count, joined) = joined(&mut reads);
        let expected = "*4\r\n$4\r\nMGET\r\n$1\r\na\r\n$2\r\nns\r\n$1\r\nb\r\n";
        assert_eq!((packed.as_str(), count), (expected, 1));
        reads.answer(joined, vec![Value::Array(values(&["a", "ns", "b"]))]);
        for (mut told, names) in told.into_iter().zip(lists) {
            assert_eq!(told.try_recv().unwrap(), values(names));
        }
    }

    #[test]
    fn in_a_cluster_each_name_has_a_command_and_one_alone_has_one_anywhere() {
        let mut reads = Reads::new(true);
        let mut told = asked(&mut reads, &["a", "b"]);
        let (packed, count, joined_two) = joined(&mut reads);
        let get = |name: &str| format!("*2\r\n$3\r\nGET\r\n${}\r\n{name}\r\n", name.len());
        assert_eq!((packed, count), (get("a") + &get("b"), 2));
        reads.answer(joined_two, values(&["1", "2"]));
        assert_eq!(told.try_recv().unwrap(), values(&["1", "2"]));
        let mut reads = Reads::new(false);
        let name = "n".repeat(123);
        let mut told = asked(&mut reads, &[&name]);
        let (packed, _, joined_one) = joined(&mut reads);
        assert_eq!(packed, get(&name));
        reads.answer(joined_one, values(&["1"]));
        assert_eq!(told.try_recv().unwrap(), values(&["1"]));
    }

    #[test]
    fn those_who_are_gone_are_not_asked_for_and_commands_under_way_are_few() {
        let mut reads = Reads::new(false);
        drop(asked(&mut reads, &["gone"]));
        assert!(reads.join(&mut Vec::new()).is_none());
        let _told: Vec<_> = (0..JOINED * COMMANDS + 1)
            .map(|_| asked(&mut reads, &["a"]))
            .collect();
        let under_way = [joined(&mut reads), joined(&mut reads)];
        assert!(!reads.may_go());
        for (_, _, joined) in under_way {
            reads.answer(joined, values(&["1"]));
        }
        assert!(reads.may_go());
    }

    #[test]
    fn an_error_for_all_is_told_to_each() {
        let mut reads = Reads::new(false);
        let told = [asked(&mut reads, &["a", "b"]), asked(&mut reads, &["c"])];
        let (_, _, joined) = joined(&mut reads);
        let error = redis::parse_redis_value(b"-NOPERM no\r\n").unwrap();
        reads.answer(joined, vec![error.clone()]);
        for mut told in told {
            assert_eq!(told.try_recv().unwrap(), std::slice::from_ref(&error));
        }
    }
}
