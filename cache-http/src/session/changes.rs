//! What a request has changed in a session.
//!
//! Each value of a session has a stamp: which load has written it last. What was loaded stands in the record itself, under
//! a name of its own, so that a save knows what is new in it, and a script whether another was there first.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tower_sessions_core::session::{Id, Record};

use super::SessionError;
use super::identity::{Place, SessionHandle, UserName, digits};
use super::own::{BASE, is_proof, is_stored, proof};

/// The bytes of all names and values.
pub(super) const LARGEST: usize = 64 * 1_024;

/// How many lists and objects may be within each other; `serde_json` reads no more than 127.
const DEEPEST: usize = 100;

/// Names, and values as JSON.
pub(super) type Values = BTreeMap<String, String>;

/// What a record was made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Base {
    /// What this load stamps its values with.
    pub(super) stamp: String,
    /// Whose session it was, and which of his epochs: [`SessionStore::destroy_all`](super::SessionStore::destroy_all)
    /// begins another.
    user: String,
    epoch: String,
    /// Where it was loaded from, as a handle; empty if it was not.
    place: String,
    /// Of each value its stamp and its hash.
    seen: HashMap<String, (String, String)>,
}

/// A value that is new, or `None` if it is gone, and the stamp of what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) value: Option<String>,
}

/// A session to be made.
#[derive(Debug)]
pub(super) struct Create<'a> {
    pub(super) user: Option<&'a UserName>,
    pub(super) goes_on: Option<Continued<'a>>,
    pub(super) stamp: &'a str,
    pub(super) values: &'a Values,
    pub(super) ttl: Duration,
    pub(super) end: Option<Duration>,
    pub(super) most: u32,
}

/// A session of the same user that goes on in a new one: nobody must have ended it but who changed its id.
#[derive(Debug)]
pub(super) struct Continued<'a> {
    /// Which of his epochs it must still be.
    pub(super) epoch: &'a str,
    pub(super) place: &'a Place,
}

/// Changes to be stored.
#[derive(Debug)]
pub(super) struct Save<'a> {
    pub(super) user: Option<&'a UserName>,
    pub(super) stamp: &'a str,
    pub(super) changes: Vec<Change>,
    /// Whether nothing of before stays.
    pub(super) is_whole: bool,
    pub(super) is_strict: bool,
    pub(super) ttl: Duration,
    pub(super) end: Option<Duration>,
}

/// A session as it is stored: names, stamps and values.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) epoch: String,
    pub(super) values: Vec<(String, String, String)>,
}

/// The values of a record.
pub(super) fn all(record: &Record) -> Result<Values, SessionError> {
    let mut values = Values::new();
    let mut bytes = 0;
    for (name, value) in &record.data {
        if !is_stored(name)? {
            continue;
        }
        if !is_shallow(value, DEEPEST) {
            return Err(SessionError::Value { deepest: DEEPEST });
        }
        let value =
            serde_json::to_string(value).map_err(|_| SessionError::Value { deepest: DEEPEST })?;
        bytes += name.len() + value.len();
        values.insert(name.clone(), value);
    }
    if bytes > LARGEST {
        return Err(SessionError::TooLarge { limit: LARGEST });
    }
    Ok(values)
}

fn is_shallow(value: &Value, left: usize) -> bool {
    let Some(less) = left.checked_sub(1) else {
        return !value.is_array() && !value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().all(|item| is_shallow(item, less)),
        Value::Object(fields) => fields.values().all(|field| is_shallow(field, less)),
        _ => true,
    }
}

/// All values as changes.
pub(super) fn anew(values: &Values) -> Vec<Change> {
    let each = values.iter().map(|(name, value)| Change {
        name: name.clone(),
        before: String::new(),
        value: Some(value.clone()),
    });
    each.collect()
}

impl Base {
    /// Of nothing yet.
    pub(super) fn new() -> Self {
        Self {
            stamp: format!("{:032x}", Id::default().0)[..16].to_owned(),
            ..Self::default()
        }
    }

    /// What stands in a record, `None` if it was cleared or is new.
    pub(super) fn of(record: &Record) -> Result<Option<Self>, SessionError> {
        let Some(base) = record.data.get(BASE) else {
            return Ok(None);
        };
        Self::read(base).map(Some).ok_or(SessionError::Reserved)
    }

    /// What stands in a record, which has it no longer.
    pub(super) fn take(record: &mut Record) -> Result<Option<Self>, SessionError> {
        let base = Self::of(record)?;
        record.data.remove(BASE);
        Ok(base)
    }

    fn read(base: &Value) -> Option<Self> {
        if !is_proof(base.get("proof")) {
            return None;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let seen = base.get("seen")?.as_object()?.iter();
        let seen = seen.map(|(name, pair)| {
            let pair = (text(pair.get(0)?)?, text(pair.get(1)?)?);
            Some((name.clone(), pair))
        });
        Some(Self {
            stamp: text(base.get("stamp")?)?,
            user: text(base.get("user")?)?,
            epoch: text(base.get("epoch")?)?,
            place: text(base.get("place")?)?,
            seen: seen.collect::<Option<_>>()?,
        })
    }

    pub(super) fn put(self, record: &mut Record) {
        let seen = self.seen.into_iter();
        let seen: Map<String, Value> = seen
            .map(|(name, (stamp, hash))| (name, json!([stamp, hash])))
            .collect();
        let base = json!({
            "proof": proof(), "stamp": self.stamp, "user": self.user, "epoch": self.epoch, "place": self.place, "seen": seen,
        });
        record.data.insert(BASE.to_owned(), base);
    }

    /// Where it was loaded from, if it was this user's.
    pub(super) fn place_of(&self, user: &UserName) -> Option<Place> {
        let handle = self.place.parse::<SessionHandle>().ok()?;
        (user.as_str() == self.user).then(|| handle.place().clone())
    }

    pub(super) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// When all values were written with its stamp.
    pub(super) fn written(
        self,
        epoch: String,
        user: Option<&UserName>,
        (place, values): (Place, &Values),
    ) -> Self {
        let stamp = &self.stamp;
        let seen = values
            .iter()
            .map(|(name, value)| (name.clone(), (stamp.clone(), hash(value))));
        Self {
            seen: seen.collect(),
            user: user
                .map(|user| user.as_str().to_owned())
                .unwrap_or_default(),
            epoch,
            place: SessionHandle::from(place).to_string(),
            stamp: self.stamp.clone(),
        }
    }

    /// What is other than it was.
    pub(super) fn changes(&self, values: &Values) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, value) in values {
            let seen = self.seen.get(name);
            if seen.is_some_and(|(_, seen)| *seen == hash(value)) {
                continue;
            }
            changes.push(Change {
                name: name.clone(),
                before: seen.map(|(stamp, _)| stamp.clone()).unwrap_or_default(),
                value: Some(value.clone()),
            });
        }
        let gone = self
            .seen
            .iter()
            .filter(|(name, _)| !values.contains_key(*name));
        changes.extend(gone.map(|(name, (stamp, _))| Change {
            name: name.clone(),
            before: stamp.clone(),
            value: None,
        }));
        changes
    }
}

impl Loaded {
    pub(super) fn data(&self) -> Result<HashMap<String, Value>, SessionError> {
        let values = self.values.iter().map(|(name, _, value)| {
            let value = serde_json::from_str(value).map_err(|_| SessionError::Foreign)?;
            Ok((name.clone(), value))
        });
        values.collect()
    }

    pub(super) fn base(self, user: Option<&UserName>, place: Place) -> Base {
        let values = self.values.into_iter();
        let seen = values.map(|(name, stamp, value)| (name, (stamp, hash(&value))));
        Base {
            seen: seen.collect(),
            user: user
                .map(|user| user.as_str().to_owned())
                .unwrap_or_default(),
            epoch: self.epoch,
            place: SessionHandle::from(place).to_string(),
            ..Base::new()
        }
    }
}

fn hash(value: &str) -> String {
    digits(&[value.as_bytes()])
}
