//! Script calls that several callers share: each script of theirs takes many entries, or stamps, and answers a list.
//!
//! To call a script costs a server more than what one does with an entry.

use std::collections::HashMap;

use redis::Value;

use super::packed::{begin, number, word};
use super::reply::Reply;
use super::scripts::Lua;
use crate::redis::terms::fault::Fault;

/// At most this many go into one call of a script, so that it holds the node for some hundred microseconds. More would
/// not spare it more: a third of what one costs alone is the call, of which a thirtieth is left. Before 7.2 each
/// reading command of a script registers all keys of the call, so a script that must read each entry by itself takes
/// longer for each the more there are; from about fifty on that is more than the call that is spared.
const MOST: usize = 32;

/// What a script is told of one entry or stamp.
pub(in crate::redis) struct One {
    script: &'static Lua,
    /// A lease and its entry, or a stamp.
    keys: Vec<Box<str>>,
    /// So many words, packed.
    words: usize,
    packed: Vec<u8>,
    /// How long a stamp is needed, in milliseconds: its last word. It is made once for all who ask for it together,
    /// for as long as the longest of them needs it.
    need_ms: Option<u64>,
}

impl One {
    pub(super) fn new(script: &'static Lua, keys: &[&str]) -> Self {
        Self {
            script,
            keys: keys.iter().map(|key| Box::from(*key)).collect(),
            words: 0,
            packed: Vec::new(),
            need_ms: None,
        }
    }

    /// Adds a word to what the script is told.
    pub(super) fn word(&mut self, text: &[u8]) -> &mut Self {
        word(&mut self.packed, text);
        self.words += 1;
        self
    }

    pub(super) fn number(&mut self, count: u64) -> &mut Self {
        number(&mut self.packed, count);
        self.words += 1;
        self
    }

    pub(super) fn needed(mut self, ms: u64) -> Self {
        self.need_ms = Some(ms);
        self
    }

    /// The call for this one alone.
    pub(super) fn alone(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        pack(&mut packed, std::slice::from_ref(self));
        packed
    }
}

/// What one caller asks, and is answered in this order.
pub(in crate::redis) type Call = Vec<One>;

/// About how many bytes it takes.
pub(in crate::redis) fn size(call: &[One]) -> usize {
    let of = |one: &One| {
        let keys: usize = one.keys.iter().map(|key| key.len()).sum();
        keys + one.packed.len()
    };
    call.iter().map(of).sum()
}

/// The calls that were packed together, as their answers are told apart.
pub(in crate::redis) struct Calls {
    /// How many commands answer with a list, and of how many.
    counts: Vec<usize>,
    /// Where what a caller asked for stands: in which list, and where in it.
    places: Vec<Vec<(usize, usize)>>,
}

impl Calls {
    /// Packs calls of many callers, and behind them a read: it is answered after the pushes for what they write.
    pub(in crate::redis) fn pack(calls: Vec<Call>, packed: &mut Vec<u8>) -> Self {
        let last = calls.last().and_then(|call| call.last());
        let last = last.and_then(|one| one.keys.last().cloned());
        let mut commands = Commands::default();
        let places = calls.into_iter().map(|call| {
            let places = call.into_iter().map(|one| commands.place(one));
            places.collect()
        });
        let places = places.collect();
        packed.reserve(commands.size);
        for all in &commands.all {
            pack(packed, all);
        }
        begin(packed, 2);
        word(packed, b"EXISTS");
        word(packed, last.unwrap_or_default().as_bytes());
        Self {
            counts: commands.all.iter().map(Vec::len).collect(),
            places,
        }
    }

    /// How many replies there will be.
    pub(in crate::redis) fn replies(&self) -> usize {
        self.counts.len() + 1
    }

    /// What each caller is answered. Where a script failed all who asked for it are told why.
    pub(in crate::redis) fn answers(
        self,
        replies: &[Reply],
    ) -> Result<impl Iterator<Item = Vec<Value>>, Fault> {
        let lists = self.counts.iter().zip(replies).map(|(count, reply)| {
            let list = each(reply.value()?, *count);
            (list.len() == *count)
                .then_some(list)
                .ok_or(Fault::Protocol)
        });
        let lists: Vec<Vec<Value>> = lists.collect::<Result<_, _>>()?;
        if replies.len() != lists.len() + 1 {
            return Err(Fault::Protocol);
        }
        let of = move |places: Vec<(usize, usize)>| {
            let values = places.into_iter().map(|(list, at)| lists[list][at].clone());
            values.collect()
        };
        Ok(self.places.into_iter().map(of))
    }
}

/// The answers in a script's reply: an error is that of each.
pub(in crate::redis) fn each(reply: Value, count: usize) -> Vec<Value> {
    match reply {
        Value::Array(list) => list,
        other => vec![other; count],
    }
}

/// What goes into which command.
#[derive(Default)]
struct Commands {
    all: Vec<Vec<One>>,
    /// The last command of each script, by its hash.
    open: HashMap<&'static str, usize>,
    /// Where the last stands that has a key.
    known: HashMap<(&'static str, Box<str>), (usize, usize)>,
    size: usize,
}

impl Commands {
    fn place(&mut self, one: One) -> (usize, usize) {
        let script = one.script.hash();
        let key = one.keys.first().cloned().unwrap_or_default();
        let known = self.known.get(&(script, key.clone())).copied();
        if let (Some((list, at)), Some(need_ms)) = (known, one.need_ms) {
            let same = &mut self.all[list][at].need_ms;
            *same = Some(same.map_or(need_ms, |other| other.max(need_ms)));
            return (list, at);
        }
        self.size += size(std::slice::from_ref(&one)) + 128;
        let open = self.open.get(script).copied();
        let open = open.filter(|list| {
            // What one does to an entry the next is to find.
            self.all[*list].len() < MOST && known.is_none_or(|(known, _)| known != *list)
        });
        let list = open.unwrap_or_else(|| {
            self.open.insert(script, self.all.len());
            self.all.push(Vec::new());
            self.all.len() - 1
        });
        let place = (list, self.all[list].len());
        self.all[list].push(one);
        self.known.insert((script, key), place);
        place
    }
}

/// Packs a call of the script that all of these are for.
fn pack(packed: &mut Vec<u8>, all: &[One]) {
    let Some(first) = all.first() else { return };
    let columns = first.keys.len();
    let words = |one: &One| columns + one.words + usize::from(one.need_ms.is_some());
    begin(packed, 3 + all.iter().map(words).sum::<usize>());
    word(packed, b"EVALSHA");
    word(packed, first.script.hash().as_bytes());
    number(packed, (columns * all.len()) as u64);
    for column in 0..columns {
        for one in all {
            word(packed, one.keys[column].as_bytes());
        }
    }
    for one in all {
        packed.extend_from_slice(&one.packed);
        if let Some(need_ms) = one.need_ms {
            number(packed, need_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::reply::Replies;
    use crate::redis::wire::scripts::{LEASE, STAMP};

    fn lease(entry: &str) -> One {
        One::new(&LEASE, &[&format!("{entry}:lease"), entry])
    }

    fn stamp(name: &str, need_ms: u64) -> One {
        One::new(&STAMP, &[name]).needed(need_ms)
    }

    /// The words of each command.
    fn words(packed: &[u8]) -> Vec<Vec<String>> {
        let mut replies = Replies::default();
        replies.buffer().extend_from_slice(packed);
        let commands = std::iter::from_fn(|| replies.next().unwrap());
        let words = commands.map(|command| redis::from_redis_value(command.value().unwrap()));
        words.collect::<Result<_, _>>().unwrap()
    }

    fn packed(calls: Vec<Call>) -> (Vec<Vec<String>>, Calls) {
        let mut packed = Vec::new();
        let calls = Calls::pack(calls, &mut packed);
        (words(&packed), calls)
    }

    fn replies(wire: &str) -> Vec<Reply> {
        let mut replies = Replies::default();
        replies.buffer().extend_from_slice(wire.as_bytes());
        std::iter::from_fn(|| replies.next().unwrap()).collect()
    }

    fn answers(calls: Calls, wire: &str) -> Result<Vec<Vec<Value>>, Fault> {
        Ok(calls.answers(&replies(wire))?.collect())
    }

    #[test]
    fn each_script_is_called_once_and_a_read_comes_last() {
        let calls = vec![
            vec![lease("a"), stamp("t", 5)],
            vec![lease("b"), stamp("t", 20), stamp("u", 1)],
        ];
        let (commands, calls) = packed(calls);
        let [leases, stamps, last] = &commands[..] else {
            panic!("{commands:?}");
        };
        assert_eq!(leases[2..], ["4", "a:lease", "b:lease", "a", "b"]);
        assert_eq!(stamps[2..], ["2", "t", "u", "20", "1"], "the longest need");
        assert_eq!(*last, ["EXISTS", "u"]);
        assert_eq!(calls.replies(), 3);
        let told = answers(calls, "*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n-ERR no\r\n:0\r\n").unwrap();
        assert_eq!(told[0], [Value::Int(1), Value::Int(3)]);
        assert_eq!(told[1][..2], [Value::Int(2), Value::Int(3)]);
        assert!(matches!(told[1][2], Value::ServerError(_)), "of its own");
    }

    #[test]
    fn one_entry_stands_in_a_call_once() {
        let calls = ["a", "b", "a", "c"].map(|entry| vec![lease(entry)]);
        let (commands, calls) = packed(calls.into());
        let entries: Vec<_> = commands[..2].iter().map(|words| &words[2..]).collect();
        assert_eq!(entries[0], ["4", "a:lease", "b:lease", "a", "b"]);
        assert_eq!(entries[1], ["4", "a:lease", "c:lease", "a", "c"]);
        let told = answers(calls, "*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n:0\r\n").unwrap();
        let told: Vec<Value> = told.into_iter().flatten().collect();
        assert_eq!(told, [1, 2, 3, 4].map(Value::Int));
    }

    #[test]
    fn no_call_is_of_more_than_the_most() {
        let count = MOST * 2 + 1;
        let calls = (0..count).map(|n| vec![lease(&n.to_string())]);
        let (commands, calls) = packed(calls.collect());
        let keys: Vec<_> = commands[..3].iter().map(|words| &*words[2]).collect();
        let most = (MOST * 2).to_string();
        assert_eq!(keys, [&most, &most, "2"]);
        assert_eq!(calls.replies(), 4);
    }

    #[test]
    fn an_error_for_all_is_told_to_each_and_too_few_answers_to_none() {
        let ask = || packed(vec![vec![lease("a")], vec![lease("b")]]).1;
        let told = answers(ask(), "-NOPERM no\r\n:0\r\n").unwrap();
        assert!(
            told.iter()
                .all(|one| matches!(one[..], [Value::ServerError(_)]))
        );
        for few in ["*1\r\n:1\r\n:0\r\n", "*2\r\n:1\r\n:1\r\n"] {
            assert_eq!(answers(ask(), few), Err(Fault::Protocol));
        }
    }
}
