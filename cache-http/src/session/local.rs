//! Sessions in this process, for a cache without Redis: the same promises, under one lock.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

use super::changes::{Create, Loaded, Save};
use super::identity::{Place, SessionHandle, UserName};
use super::{SessionError, SessionInfo};

/// How many there are at most.
const MOST: usize = 100_000;

/// All of a cache.
#[derive(Debug, Default)]
pub(super) struct Local(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    sessions: HashMap<Place, Kept>,
    /// How often all sessions of a user were ended; of those who have none now no longer kept than there is room for.
    epochs: HashMap<String, u64>,
    ended: u64,
    /// Sessions that may go on under another id: whose they were, and until when.
    moving: HashMap<Place, (String, SystemTime)>,
}

#[derive(Debug)]
struct Kept {
    user: String,
    created: SystemTime,
    used: SystemTime,
    ends: SystemTime,
    /// By the layer, if it is before.
    end: Option<SystemTime>,
    /// Stamps and values.
    values: HashMap<String, (String, String)>,
    /// The stamp of who has removed last, and what.
    removed: (String, Vec<String>),
}

impl Kept {
    fn slide(&mut self, ttl: Duration, now: SystemTime) {
        self.used = now;
        self.ends = self.end.map_or(now + ttl, |end| end.min(now + ttl));
    }
}

impl Sessions {
    fn get(&mut self, place: &Place, now: SystemTime) -> Option<&mut Kept> {
        if self
            .sessions
            .get(place)
            .is_some_and(|kept| kept.ends <= now)
        {
            self.sessions.remove(place);
        }
        self.sessions.get_mut(place)
    }

    fn epoch(&self, user: &str) -> String {
        self.epochs.get(user).copied().unwrap_or(0).to_string()
    }

    /// Has room for one more.
    fn make_room(&mut self, now: SystemTime) -> Result<(), SessionError> {
        if self.sessions.len() >= MOST {
            self.sessions.retain(|_, kept| kept.ends > now);
        }
        if self.sessions.len() >= MOST {
            return Err(SessionError::Full { limit: MOST });
        }
        Ok(())
    }

    /// Ends those of a user that are more than he may have with one more.
    fn keep_fewer(&mut self, user: &str, most: usize) {
        let his = self.sessions.iter().filter(|(_, kept)| kept.user == user);
        let mut his: Vec<_> = his
            .map(|(place, kept)| (kept.used, place.clone()))
            .collect();
        his.sort_by_key(|(used, _)| *used);
        let over = (his.len() + 1).saturating_sub(most);
        for (_, place) in his.into_iter().take(over) {
            self.sessions.remove(&place);
        }
    }
}

impl Local {
    pub(super) fn load(&self, place: &Place, ttl: Duration) -> Option<Loaded> {
        let (mut sessions, now) = (self.0.lock(), SystemTime::now());
        let kept = sessions.get(place, now)?;
        kept.slide(ttl, now);
        let values = kept
            .values
            .iter()
            .map(|(name, (stamp, value))| (name.clone(), stamp.clone(), value.clone()));
        let (values, user) = (values.collect(), kept.user.clone());
        Some(Loaded {
            epoch: sessions.epoch(&user),
            values,
        })
    }

    pub(super) fn create(
        &self,
        place: &Place,
        wanted: &Create<'_>,
    ) -> Result<Option<String>, SessionError> {
        let (mut sessions, now) = (self.0.lock(), SystemTime::now());
        if sessions.get(place, now).is_some() {
            return Ok(None);
        }
        let user = wanted.user.map_or("", UserName::as_str);
        let epoch = sessions.epoch(user);
        if let Some(of) = &wanted.goes_on {
            let moves = sessions.moving.remove(of.place);
            let may = moves.is_some_and(|(whose, until)| whose == user && until > now);
            if of.epoch != epoch || !may {
                return Err(SessionError::Gone);
            }
        }
        if !user.is_empty() {
            sessions.keep_fewer(user, wanted.most as usize);
        }
        sessions.make_room(now)?;
        let values = wanted
            .values
            .iter()
            .map(|(name, value)| (name.clone(), (wanted.stamp.to_owned(), value.clone())));
        let mut kept = Kept {
            user: user.to_owned(),
            created: now,
            used: now,
            ends: now,
            end: wanted.end.map(|end| now + end),
            values: values.collect(),
            removed: (String::new(), Vec::new()),
        };
        kept.slide(wanted.ttl, now);
        sessions.sessions.insert(place.clone(), kept);
        Ok(Some(epoch))
    }

    pub(super) fn save(&self, place: &Place, wanted: &Save<'_>) -> Result<(), SessionError> {
        let (mut sessions, now) = (self.0.lock(), SystemTime::now());
        let kept = sessions.get(place, now).ok_or(SessionError::Gone)?;
        if kept.user != wanted.user.map_or("", UserName::as_str) {
            return Err(SessionError::OtherUser);
        }
        if wanted.is_whole {
            kept.values.clear();
        } else if wanted.is_strict {
            let clashes = wanted.changes.iter().any(|change| {
                let there = kept.values.get(&change.name);
                let writer = there.map_or("", |(stamp, _)| stamp);
                let is_own = writer == change.before
                    || writer == wanted.stamp
                    || (there.is_none()
                        && kept.removed.0 == wanted.stamp
                        && kept.removed.1.contains(&change.name));
                !is_own && there.map(|(_, value)| value) != change.value.as_ref()
            });
            if clashes {
                return Err(SessionError::Conflict);
            }
        }
        let mut gone = Vec::new();
        for change in &wanted.changes {
            if let Some(value) = &change.value {
                let value = (wanted.stamp.to_owned(), value.clone());
                kept.values.insert(change.name.clone(), value);
            } else {
                kept.values.remove(&change.name);
                gone.push(change.name.clone());
            }
        }
        if !gone.is_empty() {
            kept.removed = (wanted.stamp.to_owned(), gone);
        }
        kept.end = wanted.end.map(|end| now + end);
        kept.slide(wanted.ttl, now);
        Ok(())
    }

    pub(super) fn delete(&self, place: &Place, user: Option<&UserName>, goes_on: Duration) -> bool {
        let (mut sessions, now) = (self.0.lock(), SystemTime::now());
        let whose = sessions.get(place, now).map(|kept| kept.user.clone());
        let moving = sessions.moving.get(place).map(|(whose, _)| whose);
        let is_his = |user: &UserName| {
            whose
                .as_ref()
                .or(moving)
                .is_some_and(|his| his == user.as_str())
        };
        if !user.is_none_or(is_his) {
            return false;
        }
        // Whoever ends it a second time takes away that it may go on.
        sessions.moving.remove(place);
        let Some(whose) = whose else {
            return false;
        };
        if !whose.is_empty() && !goes_on.is_zero() {
            if sessions.moving.len() >= MOST {
                sessions.moving.retain(|_, (_, until)| *until > now);
            }
            if sessions.moving.len() < MOST {
                sessions
                    .moving
                    .insert(place.clone(), (whose, now + goes_on));
            }
        }
        sessions.sessions.remove(place).is_some()
    }

    pub(super) fn destroy_all(&self, user: &UserName) -> usize {
        let (mut sessions, now) = (self.0.lock(), SystemTime::now());
        let mut ended = 0;
        sessions.sessions.retain(|_, kept| {
            let is_his = kept.user == user.as_str();
            ended += usize::from(is_his && kept.ends > now);
            !is_his
        });
        sessions.ended += 1;
        let epoch = sessions.ended;
        if sessions.epochs.len() >= MOST {
            // Those of long ago, as no request is under way for so many of them.
            sessions
                .epochs
                .retain(|_, before| *before + MOST as u64 / 2 > epoch);
        }
        sessions.epochs.insert(user.as_str().to_owned(), epoch);
        ended
    }

    pub(super) fn active(&self, user: &UserName) -> Vec<SessionInfo> {
        let (sessions, now) = (self.0.lock(), SystemTime::now());
        let his = sessions.sessions.iter();
        let his = his.filter(|(_, kept)| kept.user == user.as_str() && kept.ends > now);
        his.map(|(place, kept)| SessionInfo {
            handle: SessionHandle::at(place.bucket, &place.hash),
            created: kept.created,
            last_used: kept.used,
            ends: kept.ends,
        })
        .collect()
    }
}
