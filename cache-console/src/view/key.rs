//! One entry: what it is, what it rests on, and what the next read of it finds.

use std::time::Duration;

use askama::Template;
use cache_runtime::CacheError;
use cache_runtime::admin::{
    Admin, EntryHeader, Expected, Explanation, LeaseKind, Shown, StampKind, StampSeen, StampState,
    Verdict,
};
use serde::Serialize;
use tokio::time::timeout;

use crate::console::Console;
use crate::shown::{Bytes, Clock, Count, Name, Time, cut};

/// How many entries of one key are explained.
const MOST: usize = 8;

/// How long all keys of the servers may be walked over for one that is searched for.
const SEARCH: Duration = Duration::from_secs(30);

/// How often a slow server is asked, and the word for what it is.
const TRIES: u32 = 4;
const SLOW: &str = "timeout";

/// How much of a value is shown, in characters.
const LONGEST: usize = 4_000;

#[derive(Serialize, Template)]
#[template(path = "key.html")]
pub(super) struct Key {
    asked: Name,
    namespace: Name,
    found: Found,
    allows_actions: bool,
    shows_values: bool,
}

/// What came of it.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Found {
    /// Nothing was asked for.
    Nothing,
    /// There is no Redis to ask.
    NoRedis,
    /// There is an answer for each entry of the key; and there are some more.
    Entries { entries: Vec<Told>, more: Count },
    /// Redis can't be asked.
    Away { why: Name },
    /// Another page searches.
    Busy,
}

/// An entry.
#[derive(Serialize)]
struct Told {
    name: Name,
    namespace: Name,
    key: Option<Name>,
    #[serde(skip)]
    tone: &'static str,
    #[serde(skip)]
    word: &'static str,
    reason: Name,
    next_step: String,
    /// Who did it by hand, if that is in the log of actions.
    by: Option<Name>,
    #[serde(skip)]
    header: Option<Header>,
    #[serde(skip)]
    stamps: Vec<Stamp>,
    #[serde(skip)]
    lease: Option<&'static str>,
    lease_for: Option<Time>,
    value: Option<Value>,
    explanation: Explanation,
    /// Whether its name is short enough for a form.
    can_be_named: bool,
}

/// What it says of itself.
struct Header {
    made_by: &'static str,
    loaded_on: String,
    load: String,
    took: Time,
    stored: Clock,
    stored_ago: Time,
    fresh_until: Clock,
    stale_until: Option<Clock>,
    bytes: Bytes,
    how: String,
    kept: Time,
}

/// What it rests on.
struct Stamp {
    kind: &'static str,
    name: Name,
    state: &'static str,
    class: &'static str,
}

/// What is stored.
#[derive(Serialize)]
struct Value {
    bytes: Bytes,
    /// As JSON, or as hexadecimal digits; as far as it is shown.
    text: String,
    is_cut: bool,
}

pub(super) async fn look(
    console: &Console,
    asked: &str,
    namespace: &str,
    wants_value: bool,
) -> Key {
    let found = match (console.admin(), asked.is_empty()) {
        (None, _) => Found::NoRedis,
        (Some(_), true) => Found::Nothing,
        (Some(admin), false) => {
            let shows = wants_value && console.shows_values();
            find(console, admin, asked, namespace, shows).await
        }
    };
    Key {
        asked: asked.into(),
        namespace: namespace.into(),
        found,
        allows_actions: console.actions.is_some(),
        shows_values: console.shows_values(),
    }
}

async fn find(
    console: &Console,
    admin: &Admin,
    asked: &str,
    namespace: &str,
    shows: bool,
) -> Found {
    let names = match admin.parts(asked) {
        Some(_) => Ok(vec![asked.to_owned()]),
        // It looks at every key that Redis has: one at a time.
        None => {
            let Ok(_turn) = console.search().try_acquire() else {
                return Found::Busy;
            };
            match timeout(SEARCH, search(admin, asked)).await {
                Ok(found) => found,
                Err(_) => {
                    return Found::Away {
                        why: "the search took longer than 30 s: give the name in Redis".into(),
                    };
                }
            }
        }
    };
    match names {
        Ok(names) => told(admin, names, namespace, shows).await,
        Err(error) => away(error),
    }
}

async fn told(admin: &Admin, mut names: Vec<String>, namespace: &str, shows: bool) -> Found {
    if !namespace.is_empty() {
        let is_there = |name: &str| admin.parts(name).is_some_and(|(own, _)| own == namespace);
        names.retain(|name| is_there(name));
    }
    let (count, mut entries) = (names.len(), Vec::new());
    for name in names.iter().take(MOST) {
        let explanation = match explained(admin, name).await {
            Ok(explanation) => explanation,
            Err(error) => return away(error),
        };
        let value = match shows {
            true => value(admin, name).await,
            false => None,
        };
        let by = admin.done_by(&explanation).await;
        let by =
            by.map(|action| format!("{} did it: {} {}", action.who, action.what, action.target));
        entries.push(Told::new(explanation, count > 1, by, value));
    }
    Found::Entries {
        more: Count(count.saturating_sub(MOST) as u64),
        entries,
    }
}

/// The names of a readable key; a slow server is asked again.
async fn search(admin: &Admin, key: &str) -> Result<Vec<String>, CacheError> {
    let mut found = admin.find(key).await;
    for _ in 1..TRIES {
        if !is_slow(&found) {
            break;
        }
        found = admin.find(key).await;
    }
    found
}

/// What an entry is; a slow server is asked again.
async fn explained(admin: &Admin, name: &str) -> Result<Explanation, CacheError> {
    let expected = Expected::default();
    let mut told = admin.explain(name, &expected).await;
    for _ in 1..TRIES {
        let is_away = |told: &Explanation| told.verdict == Verdict::NodeAway { cause: SLOW };
        if !is_slow(&told) && !told.as_ref().is_ok_and(is_away) {
            break;
        }
        told = admin.explain(name, &expected).await;
    }
    told
}

/// Whether the answer took longer than a call of the program waits: a person has more time.
fn is_slow<T>(asked: &Result<T, CacheError>) -> bool {
    matches!(asked, Err(CacheError::Unavailable { cause, .. }) if cause == SLOW)
}

fn away(error: CacheError) -> Found {
    let why = match error {
        CacheError::Unavailable { cause, .. } => cause,
        other => other.to_string(),
    };
    Found::Away { why: why.into() }
}

/// The value, as far as it can be shown without its type.
async fn value(admin: &Admin, name: &str) -> Option<Value> {
    let payload = match admin.payload(name).await {
        Ok(payload) => payload?,
        Err(error) => {
            return Some(Value {
                bytes: Bytes(0),
                text: format!("It can't be shown: {error}"),
                is_cut: false,
            });
        }
    };
    let text = match payload.shown {
        Shown::Json(text) => text,
        Shown::Binary(bytes) => {
            let digits = bytes.iter().take(LONGEST / 2 + 1);
            digits.map(|byte| format!("{byte:02x}")).collect()
        }
        _ => "in a form that this page does not know".to_owned(),
    };
    let cut = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    Some(Value {
        bytes: Bytes(payload.bytes as u64),
        text: crate::shown::plain(&text[..cut.unwrap_or(text.len())]),
        is_cut: cut.is_some(),
    })
}

impl Told {
    fn new(
        explanation: Explanation,
        has_siblings: bool,
        by: Option<String>,
        value: Option<Value>,
    ) -> Self {
        let (tone, word) = match &explanation.verdict {
            Verdict::Fresh { .. } => ("good", "Hit"),
            Verdict::Stale { .. } => ("warning", "Stale"),
            Verdict::NodeAway { .. } => ("bad", "Redis away"),
            Verdict::Loading => ("notice", "Miss"),
            _ => ("bad", "Miss"),
        };
        let header = explanation.header.as_ref();
        let lease = explanation.lease.as_ref();
        let name = explanation.name.as_str();
        Self {
            name: name.into(),
            namespace: explanation.namespace.as_str().into(),
            key: explanation.key.as_deref().map(Name::from),
            tone,
            word,
            reason: explanation.reason().into(),
            next_step: explanation.next_step(has_siblings),
            by: by.map(Name::from),
            header: header.map(|header| Header::new(&explanation, header)),
            stamps: explanation.stamps.iter().map(Stamp::from).collect(),
            lease: lease.map(|lease| lease_text(lease.kind)),
            lease_for: lease.and_then(|lease| lease.left_ms).map(ms),
            value,
            can_be_named: cut(name).len() == name.len(),
            explanation,
        }
    }
}

impl Header {
    fn new(told: &Explanation, header: &EntryHeader) -> Self {
        let age = told.node_ms.and_then(|now| now.checked_sub(header.born_ms));
        let is_encrypted = if header.is_encrypted {
            ", encrypted"
        } else {
            ""
        };
        let stale = header.stale_until_ms;
        Self {
            made_by: header.made_by(),
            loaded_on: told.loaded_on().unwrap_or_default(),
            load: header.id.clone(),
            took: Time::from(Duration::from_micros(header.load_us)),
            stored: Clock(Some(header.born_ms)),
            stored_ago: Time(age.map(Duration::from_millis)),
            fresh_until: Clock(Some(header.fresh_until_ms)),
            stale_until: (stale > header.fresh_until_ms).then_some(Clock(Some(stale))),
            bytes: Bytes(told.bytes.unwrap_or_default() as u64),
            how: format!(
                "{}, compressed with {}{is_encrypted}",
                header.codec, header.compression
            ),
            kept: Time(told.kept_ms.map(Duration::from_millis)),
        }
    }
}

impl From<&StampSeen> for Stamp {
    fn from(seen: &StampSeen) -> Self {
        let (state, class) = match seen.state {
            StampState::Holds => ("holds", "good"),
            StampState::Expired => ("expired by hand: what carries it is stale", "warning"),
            StampState::Another => ("another is there: what carries it is invalid", "bad"),
            StampState::Gone => ("gone: what carries it is invalid", "bad"),
            StampState::OtherRun => (
                "of another run of the node: what carries it is invalid",
                "bad",
            ),
        };
        Self {
            kind: match seen.kind {
                StampKind::Tag => "tag",
                StampKind::Namespace => "namespace",
                StampKind::Node => "node",
            },
            name: seen.name.as_str().into(),
            state,
            class,
        }
    }
}

fn lease_text(kind: LeaseKind) -> &'static str {
    match kind {
        LeaseKind::Load => "a process loads it now",
        LeaseKind::Put => "a process puts it now",
        LeaseKind::NotStored => "what was loaded last is not stored; others load at once",
        LeaseKind::OtherRun => "of an earlier run of the node, and nobody's",
    }
}

fn ms(ms: u64) -> Time {
    Time::from(Duration::from_millis(ms))
}
