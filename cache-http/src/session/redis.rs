//! Sessions in Redis: each a hash, and the list of those in its bucket another, in one slot. The list is what counts: a
//! user's session that is not in it does not exist, so what is taken out of it ends at once.

use std::time::{Duration, SystemTime};

use cache_runtime::commands::{Commands, Reply, Script};

use super::changes::{Create, Loaded, Save};
use super::identity::{Place, SessionHandle, UserName};
use super::{SessionError, SessionInfo};

static LOAD: Script = Script::new(include_str!("load.lua"));
static CREATE: Script = Script::new(include_str!("create.lua"));
static SAVE: Script = Script::new(include_str!("save.lua"));
static DELETE: Script = Script::new(include_str!("delete.lua"));
static DESTROY_ALL: Script = Script::new(include_str!("destroy_all.lua"));
static ACTIVE: Script = Script::new(include_str!("active.lua"));

/// The digits of a stamp, which stand before a value.
const STAMP: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Remote {
    commands: Commands,
}

impl Remote {
    pub(super) fn new(commands: Commands) -> Self {
        Self { commands }
    }

    fn session(&self, place: &Place) -> String {
        let kind = format!("session:{}", place.hash);
        self.commands.key(&kind, &format!("{:08x}", place.bucket))
    }

    /// What stands for a session that was ended by its id.
    fn ended(&self, place: &Place) -> String {
        let kind = format!("ended:{}", place.hash);
        self.commands.key(&kind, &format!("{:08x}", place.bucket))
    }

    fn list(&self, bucket: u32) -> String {
        self.commands.key("sessions", &format!("{bucket:08x}"))
    }

    /// Runs a script on a session, the list that it is in, and what stands for an ended one in the same slot.
    async fn ask(
        &self,
        script: &Script,
        (place, ended): (&Place, &Place),
        arguments: &[&str],
    ) -> Result<Reply, SessionError> {
        let keys = [
            self.session(place),
            self.list(place.bucket),
            self.ended(ended),
        ];
        let arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
        let keys = keys.each_ref().map(String::as_str);
        Ok(self.commands.script(script, &keys, &arguments).await?)
    }

    pub(super) async fn load(
        &self,
        place: &Place,
        ttl: Duration,
    ) -> Result<Option<Loaded>, SessionError> {
        let reply = self
            .ask(&LOAD, (place, place), &[&place.hash, &millis(ttl)])
            .await?;
        if reply == Reply::Nothing {
            return Ok(None);
        }
        let words = reply
            .list()
            .ok_or(SessionError::Foreign)?
            .iter()
            .map(Reply::text);
        let words: Vec<&str> = words.collect::<Option<_>>().ok_or(SessionError::Foreign)?;
        let (epoch, fields) = words.split_first().ok_or(SessionError::Foreign)?;
        let pairs = fields.chunks_exact(2).filter_map(|pair| {
            let name = pair[0].strip_prefix("v:")?;
            let (stamp, value) = pair[1].split_at_checked(STAMP)?;
            Some((name.to_owned(), stamp.to_owned(), value.to_owned()))
        });
        Ok(Some(Loaded {
            epoch: (*epoch).to_owned(),
            values: pairs.collect(),
        }))
    }

    /// The user's epoch if it was made, `None` if there is one of this id already.
    pub(super) async fn create(
        &self,
        place: &Place,
        wanted: &Create<'_>,
    ) -> Result<Option<String>, SessionError> {
        let (ttl, end, most) = (millis(wanted.ttl), end(wanted.end), wanted.most.to_string());
        let user = wanted.user.map_or("", UserName::as_str);
        let mut arguments = vec![
            &*place.hash,
            user,
            &ttl,
            &end,
            wanted.goes_on.as_ref().map_or("any", |of| of.epoch),
            &most,
            wanted.stamp,
        ];
        for (name, value) in wanted.values {
            arguments.extend([name.as_str(), value.as_str()]);
        }
        let before = wanted.goes_on.as_ref().map_or(place, |of| of.place);
        let reply = self.ask(&CREATE, (place, before), &arguments).await?;
        match (reply.number(), reply.text()) {
            (Some(0), _) => Ok(None),
            (Some(1), _) => Err(SessionError::Gone),
            (_, Some(epoch)) => Ok(Some(epoch.to_owned())),
            _ => Err(SessionError::Foreign),
        }
    }

    pub(super) async fn save(&self, place: &Place, wanted: &Save<'_>) -> Result<(), SessionError> {
        let (ttl, end) = (millis(wanted.ttl), end(wanted.end));
        let user = wanted.user.map_or("", UserName::as_str);
        let whole = if wanted.is_whole { "whole" } else { "" };
        let strict = if wanted.is_strict { "strict" } else { "" };
        let mut arguments = vec![&*place.hash, user, &ttl, &end, whole, strict, wanted.stamp];
        for change in &wanted.changes {
            arguments.extend([
                &*change.name,
                &change.before,
                change.value.as_deref().unwrap_or(""),
            ]);
        }
        match self.ask(&SAVE, (place, place), &arguments).await?.number() {
            Some(0) => Ok(()),
            Some(1) => Err(SessionError::Gone),
            Some(2) => Err(SessionError::OtherUser),
            Some(3) => Err(SessionError::Conflict),
            _ => Err(SessionError::Foreign),
        }
    }

    /// Whether there was one, of this user if one is given; for how long after that it may go on under another id.
    pub(super) async fn delete(
        &self,
        place: &Place,
        user: Option<&UserName>,
        goes_on: Duration,
    ) -> Result<bool, SessionError> {
        let user = user.map_or("", UserName::as_str);
        let arguments = [&*place.hash, user, &millis(goes_on)];
        let reply = self.ask(&DELETE, (place, place), &arguments).await?;
        Ok(reply.number() == Some(1))
    }

    pub(super) async fn destroy_all(
        &self,
        user: &UserName,
        ttl: Duration,
    ) -> Result<usize, SessionError> {
        let (list, ttl) = (self.list(user.bucket()), millis(ttl));
        let arguments: [&[u8]; 2] = [user.as_str().as_bytes(), ttl.as_bytes()];
        let reply = self
            .commands
            .script(&DESTROY_ALL, &[&list], &arguments)
            .await?;
        let ended = reply.list().ok_or(SessionError::Foreign)?;
        let ended = ended.iter().filter_map(Reply::text).map(|hash| {
            self.session(&Place {
                bucket: user.bucket(),
                hash: hash.to_owned(),
            })
        });
        let ended: Vec<String> = ended.collect();
        let words: Vec<[&[u8]; 2]> = ended
            .iter()
            .map(|key| [b"UNLINK".as_slice(), key.as_bytes()])
            .collect();
        let all: Vec<(&str, &[&[u8]])> = ended
            .iter()
            .zip(&words)
            .map(|(key, words)| (&**key, &words[..]))
            .collect();
        // They have ended already, as they are in no list; one that can't be deleted now goes with its ttl.
        drop(self.commands.commands(&all).await);
        Ok(ended.len())
    }

    pub(super) async fn active(&self, user: &UserName) -> Result<Vec<SessionInfo>, SessionError> {
        let list = self.list(user.bucket());
        let reply = self
            .commands
            .script(&ACTIVE, &[&list], &[user.as_str().as_bytes()])
            .await?;
        let found = reply.list().ok_or(SessionError::Foreign)?.iter();
        let found = found.map(|session| info(user.bucket(), session));
        found.collect::<Option<_>>().ok_or(SessionError::Foreign)
    }
}

/// A session as the script tells of it: its hash, and three times in Unix milliseconds.
fn info(bucket: u32, session: &Reply) -> Option<SessionInfo> {
    let mut words = session.text()?.split(' ');
    let handle = SessionHandle::at(bucket, words.next()?);
    let mut time = || {
        let millis = words.next()?.parse().ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    };
    Some(SessionInfo {
        handle,
        created: time()?,
        last_used: time()?,
        ends: time()?,
    })
}

fn millis(span: Duration) -> String {
    span.as_millis().to_string()
}

/// An end of its own in milliseconds from now, 0 for none.
fn end(end: Option<Duration>) -> String {
    end.map_or(0, |end| end.as_millis().max(1)).to_string()
}
