//! The tasks that send joined reads.

use std::collections::HashMap;
use std::mem;

use foldhash::fast::RandomState;
use redis::Value;
use smallvec::SmallVec;

use super::queue::{Read, Waiting};
use crate::redis::link::Link;
use crate::redis::wire::fault::Fault;

/// The right of a task to send joined reads, until it gives its place up.
pub(super) struct Sender(pub(super) Option<Link>);

impl Sender {
    /// Sends what waits, joined, until nothing does.
    pub(super) async fn send(mut self) {
        while let Some(link) = &self.0 {
            let mut batch = link.0.reads.next(false);
            if batch.is_empty() {
                // Those just told read on, most likely, and are let go first.
                tokio::task::yield_now().await;
                batch = link.0.reads.next(true);
            }
            if batch.is_empty() {
                self.0 = None;
            } else {
                link.send_joined(batch).await;
            }
        }
    }
}

impl Drop for Sender {
    /// Dropped before it gave its place up, as there is no thread: nobody else may come to send what
    /// waits, so its callers go to the origin.
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            link.0.reads.lose_sender();
        }
    }
}

impl Link {
    async fn send_joined(&self, batch: Vec<Waiting>) {
        let mut asked = Asked::default();
        let shares: Vec<_> = batch
            .into_iter()
            .map(|one| {
                drop(one.turn);
                (asked.places(one.names), one.tell)
            })
            .collect();
        let mut left = mem::take(&mut asked.counts);
        let mut read = self.fetch(&asked.names(), shares.len()).await;
        if let Err(fault @ (Fault::Timeout | Fault::Down | Fault::Broken)) = read {
            self.0.reads.fail(fault);
        }
        for (places, tell) in shares {
            let share = match &mut read {
                Ok(read) => Ok(read.share(&places, &mut left)),
                Err(fault) => Err(*fault),
            };
            // Who asked may have gone away.
            let _ = tell.send(share);
        }
    }
}

/// The names that one command asks for, each of them once: most calls of a namespace ask for its stamp.
#[derive(Default)]
struct Asked {
    places: HashMap<String, usize, RandomState>,
    /// How many ask for each.
    counts: Vec<u32>,
}

/// Where what one read asked for stands in the answer.
type Places = SmallVec<[usize; 4]>;

impl Asked {
    fn places(&mut self, names: Vec<String>) -> Places {
        let place = |name| {
            let next = self.places.len();
            let place = *self.places.entry(name).or_insert(next);
            if place == next {
                self.counts.push(0);
            }
            self.counts[place] += 1;
            place
        };
        names.into_iter().map(place).collect()
    }

    fn names(self) -> Vec<String> {
        let mut names = vec![String::new(); self.places.len()];
        for (name, place) in self.places {
            names[place] = name;
        }
        names
    }
}

impl Read {
    /// What one of those asked for who share the answer; the last of them takes it.
    fn share(&mut self, places: &[usize], left: &mut [u32]) -> Self {
        let value = |place: &usize| {
            left[*place] -= 1;
            match left[*place] {
                0 => mem::replace(&mut self.values[*place], Value::Nil),
                _ => self.values[*place].clone(),
            }
        };
        Self {
            values: places.iter().map(value).collect(),
            node: self.node.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::wire::answers::Node;
    use crate::stamp::Vouch;

    #[test]
    fn what_many_ask_for_is_asked_for_once_and_given_to_each() {
        let mut asked = Asked::default();
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let shares = [
            asked.places(words(&["a", "ns"])),
            asked.places(words(&["b", "ns", "b"])),
            asked.places(words(&["a"])),
        ];
        let mut left = asked.counts.clone();
        let names = asked.names();
        assert_eq!(names, ["a", "ns", "b"]);
        let mut read = Read {
            values: names.into_iter().map(Value::SimpleString).collect(),
            node: Node {
                ms: 1,
                run_id: [1; 8],
                vouch: Vouch::mute(),
            },
        };
        let given = shares.map(|places| read.share(&places, &mut left).values);
        let values = |names: &[&str]| -> Vec<Value> {
            let one = |name: &&str| Value::SimpleString((*name).to_owned());
            names.iter().map(one).collect()
        };
        assert_eq!(given[0], values(&["a", "ns"]));
        assert_eq!(given[1], values(&["b", "ns", "b"]));
        assert_eq!(given[2], values(&["a"]));
        assert_eq!(read.values, [Value::Nil, Value::Nil, Value::Nil]);
    }
}
