//! A stream in Redis.

use std::time::Duration;

use cache_runtime::commands::{Commands, Reply, Script};

use super::group::{Counts, Given, Lapsed, Taken};
use super::{Bounds, DeadLetter, Kind, Terms};
use crate::ToolkitError;

static ADD: Script = Script::new(include_str!("add.lua"));
static TAKE: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("take.lua")));
static ACK: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("ack.lua")));
static RETRY: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("retry.lua")));
static RENEW: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("renew.lua")));
static OPEN: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("open.lua")));
static FORGET: Script = Script::new(concat!(
    include_str!("bury.lua"),
    include_str!("forget.lua")
));
static REDRIVE: Script = Script::new(concat!(
    include_str!("bury.lua"),
    include_str!("redrive.lua")
));
static STATS: Script = Script::new(concat!(include_str!("bury.lua"), include_str!("stats.lua")));

/// The names of a stream in Redis, all in one slot.
pub(crate) struct Remote {
    pub(super) commands: Commands,
    kind: &'static Kind,
    name: String,
    bell: String,
    number: String,
    later: String,
    levels: Vec<String>,
}

/// The names of a group of it, as scripts have them.
pub(super) struct Keys {
    all: Vec<String>,
    dead: String,
}

impl Remote {
    pub(crate) fn new(commands: Commands, kind: &'static Kind, name: &str) -> Self {
        let of = |what: &str| commands.key(&format!("{}-{what}", kind.name), name);
        Self {
            bell: of("bell"),
            number: of("number"),
            later: of("later"),
            levels: kind.levels.iter().map(|level| of(level)).collect(),
            kind,
            name: name.to_owned(),
            commands,
        }
    }

    pub(super) fn bell(&self) -> &str {
        &self.bell
    }

    /// The names of a group, of which each kind of stream has one or several.
    pub(super) fn keys(&self, group: &str) -> Keys {
        let of = |what: &str| {
            let kind = format!("{}-{what}.{group}", self.kind.name);
            self.commands.key(&kind, &self.name)
        };
        let dead = of("dead");
        let stream = [&self.bell, &self.number, &self.later].map(Clone::clone);
        let own = [of("due"), of("error"), dead.clone(), of("count")];
        let all = stream.into_iter().chain(own);
        Keys {
            all: all.chain(self.levels.iter().cloned()).collect(),
            dead,
        }
    }

    pub(super) async fn add(
        &self,
        level: usize,
        bytes: &[u8],
        delay: Duration,
        bounds: Bounds,
    ) -> Result<Option<u64>, ToolkitError> {
        let keys = [&self.bell, &self.number, &self.later].into_iter();
        let keys: Vec<&str> = keys.chain(&self.levels).map(String::as_str).collect();
        let words = [
            (level + 1).to_string().into_bytes(),
            bytes.to_vec(),
            millis(delay),
            bounds.most.to_string().into_bytes(),
            flag(self.kind.deletes),
            millis(bounds.age),
        ];
        let words = words.each_ref().map(Vec::as_slice);
        let reply = self.commands.script(&ADD, &keys, &words).await?;
        match reply {
            Reply::Nothing => Ok(None),
            reply => Ok(Some(number(&reply).ok_or_else(|| self.foreign())?)),
        }
    }

    /// Makes the group; `from_start` if what is there already is its own too.
    pub(super) async fn open(&self, group: &str, from_start: bool) -> Result<(), ToolkitError> {
        let from: &[u8] = if from_start { b"0" } else { b"$" };
        self.run(&OPEN, group, &[from]).await.map(drop)
    }

    /// Deletes the group; `false` if there was none.
    pub(super) async fn forget(&self, group: &str) -> Result<bool, ToolkitError> {
        let reply = self.run(&FORGET, group, &[]).await?;
        Ok(reply.number() == Some(1))
    }

    pub(super) async fn take(
        &self,
        group: &str,
        want: usize,
        terms: &Terms,
    ) -> Result<Taken, ToolkitError> {
        let words = [
            want.to_string().into_bytes(),
            millis(terms.visible_for),
            terms.max_deliveries.to_string().into_bytes(),
            terms.keep_dead.to_string().into_bytes(),
            flag(self.kind.deletes),
        ];
        let words = words.each_ref().map(Vec::as_slice);
        let reply = self.run(&TAKE, group, &words).await?;
        taken(&reply).ok_or_else(|| self.foreign())
    }

    pub(super) async fn ack(&self, group: &str, delivery: &str) -> Result<bool, ToolkitError> {
        let words = [delivery.as_bytes(), &flag(self.kind.deletes)];
        let reply = self.run(&ACK, group, &words).await?;
        Ok(reply.number() == Some(1))
    }

    /// What became of it, by the number that `retry.lua` gives.
    pub(super) async fn retry(
        &self,
        group: &str,
        given: &Given,
        pause: Duration,
        most: u32,
        terms: &Terms,
        why: &str,
    ) -> Result<i64, ToolkitError> {
        let words = [
            given.delivery.clone().into_bytes(),
            given.attempt.to_string().into_bytes(),
            millis(pause),
            most.to_string().into_bytes(),
            terms.keep_dead.to_string().into_bytes(),
            flag(self.kind.deletes),
            why.as_bytes().to_vec(),
        ];
        let words = words.each_ref().map(Vec::as_slice);
        let reply = self.run(&RETRY, group, &words).await?;
        reply.number().ok_or_else(|| self.foreign())
    }

    pub(super) async fn renew(
        &self,
        group: &str,
        given: &Given,
        visible_for: Duration,
    ) -> Result<bool, ToolkitError> {
        let words = [
            given.delivery.clone().into_bytes(),
            given.attempt.to_string().into_bytes(),
            millis(visible_for),
        ];
        let words = words.each_ref().map(Vec::as_slice);
        let reply = self.run(&RENEW, group, &words).await?;
        Ok(reply.number() == Some(1))
    }

    /// So many dead letters, of those with a greater number than this.
    pub(super) async fn dead(
        &self,
        group: &str,
        after: u64,
        count: usize,
    ) -> Result<Vec<DeadLetter>, ToolkitError> {
        let keys = self.keys(group);
        let (after, count) = (format!("({after}"), count.to_string());
        let words = [
            "ZRANGE", &keys.dead, &after, "+inf", "BYSCORE", "LIMIT", "0", &count,
        ];
        let words = words.map(str::as_bytes);
        let reply = self.commands.command(&keys.dead, &words).await?;
        let letters = reply.list().ok_or_else(|| self.foreign())?.iter();
        letters
            .map(|letter| DeadLetter::parse(letter.bytes()?))
            .collect::<Option<_>>()
            .ok_or_else(|| self.foreign())
    }

    pub(super) async fn delete_dead(&self, group: &str, number: u64) -> Result<bool, ToolkitError> {
        let (keys, number) = (self.keys(group), number.to_string());
        let words = ["ZREMRANGEBYSCORE", &keys.dead, &number, &number].map(str::as_bytes);
        let reply = self.commands.command(&keys.dead, &words).await?;
        Ok(reply.number() == Some(1))
    }

    pub(super) async fn redrive(&self, group: &str, number: u64) -> Result<bool, ToolkitError> {
        let number = number.to_string();
        let words = [number.as_bytes(), &flag(self.kind.deletes)];
        let reply = self.run(&REDRIVE, group, &words).await?;
        Ok(reply.number() == Some(1))
    }

    pub(super) async fn counts(&self, group: &str) -> Result<Counts, ToolkitError> {
        let reply = self.run(&STATS, group, &[]).await?;
        counts(&reply).ok_or_else(|| self.foreign())
    }

    async fn run(
        &self,
        script: &Script,
        group: &str,
        words: &[&[u8]],
    ) -> Result<Reply, ToolkitError> {
        let keys = self.keys(group);
        let keys: Vec<&str> = keys.all.iter().map(String::as_str).collect();
        let words = [&[group.as_bytes()], words].concat();
        Ok(self.commands.script(script, &keys, &words).await?)
    }

    fn foreign(&self) -> ToolkitError {
        ToolkitError::Foreign {
            what: self.kind.name,
        }
    }
}

fn taken(reply: &Reply) -> Option<Taken> {
    let [given, buried, missed, due] = reply.list()? else {
        return None;
    };
    let given = given.list()?.iter().map(|one| {
        let [delivery, attempt, of, bytes] = one.list()? else {
            return None;
        };
        Some(Given {
            delivery: delivery.text()?.to_owned(),
            attempt: number(attempt)?.try_into().ok()?,
            number: number(of)?,
            bytes: bytes.bytes()?.into(),
        })
    });
    let buried = buried.list()?.iter().map(|one| {
        let [of, why] = one.list()? else {
            return None;
        };
        Some(Lapsed {
            number: number(of)?,
            error: String::from_utf8_lossy(why.bytes()?).into_owned(),
        })
    });
    Some(Taken {
        given: given.collect::<Option<_>>()?,
        buried: buried.collect::<Option<_>>()?,
        missed: number(missed)?,
        // Negative where nothing is.
        due: number(due).map(Duration::from_millis),
    })
}

fn counts(reply: &Reply) -> Option<Counts> {
    let [entries, delayed, pending, dead, last, counts] = reply.list()? else {
        return None;
    };
    let mut found = Counts {
        entries: number(entries)?,
        delayed: number(delayed)?,
        pending: number(pending)?,
        dead: number(dead)?,
        number: number(last)?,
        ..Counts::default()
    };
    for pair in counts.list()?.chunks_exact(2) {
        let (name, value) = (pair[0].text()?, number(&pair[1])?);
        if let Some(field) = found.field(name) {
            *field = value;
        }
    }
    Some(found)
}

/// A number that is not negative, as an integer or as text.
pub(crate) fn number(reply: &Reply) -> Option<u64> {
    match reply {
        Reply::Number(number) => (*number).try_into().ok(),
        reply => reply.text()?.parse().ok(),
    }
}

pub(crate) fn millis(duration: Duration) -> Vec<u8> {
    duration.as_millis().to_string().into_bytes()
}

fn flag(is_so: bool) -> Vec<u8> {
    vec![if is_so { b'1' } else { b'0' }]
}
