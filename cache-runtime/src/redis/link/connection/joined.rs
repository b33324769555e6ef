//! Reads that are joined into one command.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::oneshot;
use xxhash_rust::xxh3::xxh3_64;

use crate::redis::terms::asks::Keys;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::packed::{begin, word};
use crate::redis::wire::reply::{AllGot, Got, Reply};

/// At most this many joined commands are under way at once; further reads wait to be joined.
const COMMANDS: usize = 2;

/// At most this many reads go into one command, and about so many keys, so that none holds up the node for long.
const JOINED: usize = 128;
const JOINED_KEYS: usize = 512;

/// Of large values fewer reads are joined, about this many bytes in all, so that what is behind them does not wait for
/// them past its `op_timeout`.
const JOINED_BYTES: usize = 256 << 10;

/// When this many reads wait to be sent, those whose callers are gone are thrown out.
pub(super) const CROWDED: usize = 1_024;

/// A read that is to be sent.
pub(super) struct Read {
    pub(super) keys: Keys,
    pub(super) tell: oneshot::Sender<AllGot>,
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
    /// How many may wait before those are thrown out whom nobody waits for.
    crowded: usize,
}

impl Reads {
    pub(super) fn new(is_in_cluster: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: 0,
            mean_bytes: 0,
            is_in_cluster,
            crowded: CROWDED,
        }
    }

    pub(super) fn is_in_cluster(&self) -> bool {
        self.is_in_cluster
    }

    /// Takes a read in; of a crowd those are thrown out whose callers are gone.
    pub(super) fn push(&mut self, read: Read) {
        if self.waiting.len() >= self.crowded {
            self.waiting.retain(|read| !read.tell.is_closed());
            self.crowded = CROWDED.max(self.waiting.len() * 2);
        }
        self.waiting.push_back(read);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether reads wait that can go out with the next write.
    pub(super) fn may_go(&self) -> bool {
        self.under_way < COMMANDS && !self.waiting.is_empty()
    }

    /// Those to join in the next command, which is under way from now on; none if there are none.
    pub(super) fn next(&mut self) -> Vec<Read> {
        if self.under_way >= COMMANDS {
            return Vec::new();
        }
        let most = JOINED_BYTES / self.mean_bytes.max(1);
        let (reads, most_keys) = (most.clamp(1, JOINED), most.clamp(1, JOINED_KEYS));
        let mut next = Vec::with_capacity(reads.min(self.waiting.len()));
        let mut keys = 0;
        while next.len() < reads && keys < most_keys {
            match self.waiting.pop_front() {
                Some(read) if read.tell.is_closed() => {}
                Some(read) => {
                    keys += read.keys.len();
                    next.push(read);
                }
                None => break,
            }
        }
        self.under_way += usize::from(!next.is_empty());
        next
    }

    /// A joined command was answered.
    pub(super) fn answered(&mut self) {
        self.under_way -= 1;
    }

    /// Learns how large values are, from the mean of a command's.
    pub(super) fn measure(&mut self, mean: usize) {
        self.mean_bytes = (self.mean_bytes * 7 + mean) / 8;
    }

    /// All that wait.
    pub(super) fn take(&mut self) -> VecDeque<Read> {
        mem::take(&mut self.waiting)
    }
}

/// The reads that share the answers to one command.
pub(super) struct Joined {
    shares: Vec<(Places, oneshot::Sender<AllGot>)>,
    /// How many keys were asked for.
    count: usize,
    is_in_cluster: bool,
}

/// Where what one read asked for stands in the answers.
type Places = SmallVec<[usize; 4]>;

/// Keys, each of them once, as most calls of a namespace ask for its stamp.
struct Distinct {
    all: Vec<Arc<str>>,
    places: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
}

impl Distinct {
    /// With room for so many.
    fn of(count: usize) -> Self {
        Self {
            all: Vec::with_capacity(count),
            places: HashMap::with_capacity_and_hasher(count, BuildHasherDefault::default()),
        }
    }

    fn place(&mut self, key: Arc<str>) -> usize {
        let next = self.all.len();
        // Two that agree in their hash are asked for apart, as it may be.
        let place = *self.places.entry(xxh3_64(key.as_bytes())).or_insert(next);
        if place < next && self.all[place] == key {
            return place;
        }
        self.all.push(key);
        next
    }
}

impl Joined {
    /// Packs a command for these reads; how many replies it gets, and for whom.
    pub(super) fn pack(
        reads: Vec<Read>,
        is_in_cluster: bool,
        packed: &mut Vec<u8>,
    ) -> (usize, Self) {
        let count = reads.iter().map(|read| read.keys.len()).sum();
        let mut keys = Distinct::of(count);
        let share = |read: Read| {
            let places = read.keys.into_iter().map(|key| keys.place(key));
            (places.collect(), read.tell)
        };
        let shares = reads.into_iter().map(share).collect();
        let replies = match &*keys.all {
            all if is_in_cluster => {
                for key in all {
                    pack(packed, "GET", std::slice::from_ref(key));
                }
                all.len()
            }
            all => {
                let verb = if all.len() == 1 { "GET" } else { "MGET" };
                pack(packed, verb, all);
                1
            }
        };
        let joined = Self {
            shares,
            count: keys.all.len(),
            is_in_cluster,
        };
        (replies, joined)
    }

    /// Tells each what it asked for; how many bytes a value had on the average.
    pub(super) fn tell(self, replies: &[Reply]) -> Result<Option<usize>, Fault> {
        let got: Vec<_> = match replies {
            [reply] if !self.is_in_cluster && self.count > 1 => match reply.all_got() {
                Some(got) => got,
                // The node would not do it, and says why once.
                None => vec![reply.got()?; self.count],
            },
            replies => replies.iter().map(Reply::got).collect::<Result<_, _>>()?,
        };
        if got.len() != self.count {
            return Err(Fault::Protocol);
        }
        for (places, tell) in self.shares {
            // Who asked may have gone away.
            let _ = tell.send(places.iter().map(|place| got[*place].clone()).collect());
        }
        Ok(mean(&got))
    }
}

fn mean(got: &[Got]) -> Option<usize> {
    let sizes = got.iter().filter_map(|got| match got {
        Got::Bytes(bytes) => Some(bytes.len()),
        _ => None,
    });
    let (count, bytes) = sizes.fold((0_usize, 0_usize), |(n, sum), size| (n + 1, sum + size));
    bytes.checked_div(count)
}

/// Passes on what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

fn pack(packed: &mut Vec<u8>, verb: &str, keys: &[Arc<str>]) {
    let room: usize = keys.iter().map(|key| key.len() + 16).sum();
    packed.reserve(room + 32);
    begin(packed, keys.len() + 1);
    word(packed, verb.as_bytes());
    for key in keys {
        word(packed, key.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::reply::Replies;

    type Told = oneshot::Receiver<AllGot>;

    fn asked(reads: &mut Reads, keys: &[&str]) -> Told {
        let (tell, told) = oneshot::channel();
        let keys = keys.iter().map(|key| (*key).into()).collect();
        reads.push(Read { keys, tell });
        told
    }

    fn got(values: &[&str]) -> AllGot {
        let one = |value: &&str| Got::Bytes(value.as_bytes().to_vec().into());
        values.iter().map(one).collect()
    }

    fn joined(reads: &mut Reads) -> (String, usize, Joined) {
        let (next, mut packed) = (reads.next(), Vec::new());
        let (count, joined) = Joined::pack(next, reads.is_in_cluster(), &mut packed);
        (String::from_utf8(packed).unwrap(), count, joined)
    }

    fn replies(wire: &str) -> Vec<Reply> {
        let mut replies = Replies::default();
        replies.buffer().extend_from_slice(wire.as_bytes());
        std::iter::from_fn(|| replies.next().unwrap()).collect()
    }

    #[test]
    fn what_many_ask_for_is_asked_for_once_and_given_to_each() {
        let mut reads = Reads::new(false);
        let lists: [&[&str]; 3] = [&["a", "ns"], &["b", "ns", "b"], &["a"]];
        let told = lists.map(|names| asked(&mut reads, names));
        let (packed, count, joined) = joined(&mut reads);
        let expected = "*4\r\n$4\r\nMGET\r\n$1\r\na\r\n$2\r\nns\r\n$1\r\nb\r\n";
        assert_eq!((packed.as_str(), count), (expected, 1));
        let wire = "*3\r\n$1\r\na\r\n$2\r\nns\r\n$1\r\nb\r\n";
        assert_eq!(joined.tell(&replies(wire)), Ok(Some(1)));
        for (mut told, names) in told.into_iter().zip(lists) {
            assert_eq!(told.try_recv().unwrap(), got(names));
        }
    }

    #[test]
    fn in_a_cluster_each_name_has_a_command_and_one_alone_has_one_anywhere() {
        let mut reads = Reads::new(true);
        let mut told = asked(&mut reads, &["a", "b"]);
        let (packed, count, joined_two) = joined(&mut reads);
        let get = |name: &str| format!("*2\r\n$3\r\nGET\r\n${}\r\n{name}\r\n", name.len());
        assert_eq!((packed, count), (get("a") + &get("b"), 2));
        joined_two.tell(&replies("$1\r\n1\r\n$1\r\n2\r\n")).unwrap();
        assert_eq!(told.try_recv().unwrap(), got(&["1", "2"]));
        let mut reads = Reads::new(false);
        let name = "n".repeat(123);
        let mut told = asked(&mut reads, &[&name]);
        let (packed, _, joined_one) = joined(&mut reads);
        assert_eq!(packed, get(&name));
        joined_one.tell(&replies("$1\r\n1\r\n")).unwrap();
        assert_eq!(told.try_recv().unwrap(), got(&["1"]));
    }

    #[test]
    fn those_who_are_gone_are_not_asked_for_and_commands_under_way_are_few() {
        let mut reads = Reads::new(false);
        drop(asked(&mut reads, &["gone"]));
        assert!(reads.next().is_empty());
        let _told: Vec<_> = (0..JOINED * COMMANDS + 1)
            .map(|_| asked(&mut reads, &["a"]))
            .collect();
        assert_eq!((reads.next().len(), reads.next().len()), (JOINED, JOINED));
        assert!(!reads.may_go() && reads.next().is_empty());
        reads.answered();
        assert_eq!(reads.next().len(), 1);
    }

    #[test]
    fn reads_of_many_keys_share_a_command_with_few_others() {
        let mut reads = Reads::new(false);
        let names = ["a"; 100];
        let _told: Vec<_> = (0..7).map(|_| asked(&mut reads, &names)).collect();
        assert_eq!(reads.next().len(), 6, "the last goes past the limit");
        assert_eq!(reads.next().len(), 1);
    }

    #[test]
    fn those_whom_nobody_waits_for_are_thrown_out_of_a_crowd() {
        let mut reads = Reads::new(false);
        for _ in 0..CROWDED * 10 {
            drop(asked(&mut reads, &["a"]));
        }
        assert!(reads.len() <= CROWDED);
    }

    #[test]
    fn an_error_for_all_is_told_to_each_and_too_few_answers_to_none() {
        let mut reads = Reads::new(false);
        let ask = |reads: &mut Reads| [asked(reads, &["a", "b"]), asked(reads, &["c"])];
        let told = ask(&mut reads);
        joined(&mut reads)
            .2
            .tell(&replies("-NOPERM no\r\n"))
            .unwrap();
        for mut told in told {
            let told = told.try_recv().unwrap();
            assert!(told.iter().all(|got| matches!(got, Got::Other(_))));
        }
        let _told = ask(&mut reads);
        let few = joined(&mut reads).2.tell(&replies("*1\r\n_\r\n"));
        assert_eq!(few, Err(Fault::Protocol));
    }
}
