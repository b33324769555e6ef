//! Values that come back from Redis other than they were stored: it is said, once a site, and never
//! of a type that keeps all it has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheBuilder, Policy, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::log::Log;
use crate::server;

/// What the event says.
const SAID: &str = "comes back from redis other than it was stored";

/// A field that serde leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Skipped {
    id: u32,
    #[serde(skip)]
    token: String,
}

/// A field that is written as less than it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shortened {
    #[serde(serialize_with = "initial")]
    name: String,
}

fn initial<S: Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&name[..1])
}

/// The first variant reads what the second wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Alike {
    Metres { length: u32 },
    Feet { length: u32 },
}

/// What is left out is read as something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Defaulted {
    #[serde(skip_serializing_if = "is_zero", default = "ten")]
    limit: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(limit: &u32) -> bool {
    *limit == 0
}

fn ten() -> u32 {
    10
}

/// An `f64` written as an `f32`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rounded {
    #[serde(with = "single")]
    score: f64,
}

mod single {
    use super::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    #[expect(clippy::cast_possible_truncation, reason = "what is tested")]
    pub(super) fn serialize<S: Serializer>(score: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f32(*score as f32)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        f32::deserialize(from).map(f64::from)
    }
}

/// Told by its `Debug` text alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Shown {
    id: u32,
    #[serde(skip)]
    #[expect(dead_code, reason = "it is shown, and not read")]
    token: String,
}

/// Told by its bytes alone: each trip halves it.
#[derive(Clone, Serialize)]
struct Halved {
    of: u32,
}

impl<'de> Deserialize<'de> for Halved {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Halved {
            of: u32,
        }
        Halved::deserialize(from).map(|halved| Self { of: halved.of / 2 })
    }
}

/// Never read back at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Refused {
    #[serde(deserialize_with = "refuse")]
    id: u32,
}

fn refuse<'de, D: Deserializer<'de>>(_: D) -> Result<u32, D::Error> {
    Err(serde::de::Error::custom("refused"))
}

fn token() -> String {
    "s3cret".to_owned()
}

macro_rules! sites {
    ($($name:ident -> $value:ty { $made:expr })*) => {$(
        #[cached(ttl = "1h")]
        async fn $name(id: u32) -> $value {
            $made(id)
        }
    )*};
}

sites! {
    skipped -> Skipped { |id| Skipped { id, token: token() } }
    shared -> Arc<Skipped> { |id| Arc::new(Skipped { id, token: token() }) }
    nested -> Option<Vec<Skipped>> { |id| Some(vec![Skipped { id, token: token() }]) }
    shortened -> Shortened { |_| Shortened { name: token() } }
    alike -> Alike { |length| Alike::Feet { length } }
    defaulted -> Defaulted { |_| Defaulted { limit: 0 } }
    rounded -> Rounded { |_| Rounded { score: 0.1 } }
    shown -> Shown { |id| Shown { id, token: token() } }
    halved -> Halved { |_| Halved { of: 9 } }
    refused -> Refused { |id| Refused { id } }
}

#[cached(ttl = "1h")]
async fn fallible(id: u32) -> Result<Skipped, String> {
    Ok(Skipped { id, token: token() })
}

fn linked(url: &str) -> CacheBuilder {
    let builder = Cache::builder().url(url);
    builder.op_timeout(Duration::from_secs(2))
}

/// Calls each of these twice, with an argument of its own each time.
macro_rules! call_each {
    ($($name:ident)*) => {$(
        for id in [1, 2] {
            let _ = $name(id).await;
        }
    )*};
}

#[tokio::test]
async fn a_type_that_loses_something_on_its_way_is_named_once_a_site() {
    let (server, log) = (server().await, Log::default());
    let _guard = log.listen();
    let cache = linked(&server.url()).build().unwrap();
    cache
        .scope(async {
            call_each!(skipped shared nested shortened alike defaulted rounded shown halved refused);
            call_each!(fallible);
        })
        .await;
    for (site, named) in [
        ("skipped", "lossy::Skipped"),
        ("shared", "Arc<"),
        ("nested", "Vec<"),
        ("shortened", "lossy::Shortened"),
        ("alike", "lossy::Alike"),
        ("defaulted", "lossy::Defaulted"),
        ("rounded", "lossy::Rounded"),
        ("shown", "lossy::Shown"),
        ("halved", "lossy::Halved"),
        ("refused", "lossy::Refused"),
        ("fallible", "lossy::Skipped"),
    ] {
        let said = log.lines(SAID);
        let of_site = format!("|{site}|");
        let said: Vec<_> = said.iter().filter(|line| line.contains(&of_site)).collect();
        assert_eq!(said.len(), 1, "{site}: {said:?}");
        assert!(said[0].contains(named), "{}", said[0]);
        assert!(said[0].contains("WARN"), "{}", said[0]);
    }
    assert!(!log.text().contains("s3cret"), "no value is told");
}

#[cached(ttl = "1h")]
async fn sometimes(id: u32) -> Skipped {
    let token = if id < 3 { String::new() } else { token() };
    Skipped { id, token }
}

#[tokio::test]
async fn a_loss_that_the_first_values_do_not_show_is_told_of_a_later_one() {
    let (server, log) = (server().await, Log::default());
    let _guard = log.listen();
    let cache = linked(&server.url()).build().unwrap();
    for (id, told) in [(1, 0), (2, 0), (3, 1), (4, 1)] {
        cache.scope(sometimes(id)).await;
        assert_eq!(log.lines(SAID).len(), told);
    }
}

#[cached(ttl = "1h")]
async fn put(id: u32) -> Skipped {
    Skipped {
        id,
        token: String::new(),
    }
}

#[tokio::test]
async fn a_value_that_is_put_is_looked_at_too_and_one_loaded_by_hand_by_its_bytes() {
    let (server, log) = (server().await, Log::default());
    let _guard = log.listen();
    let cache = linked(&server.url()).build().unwrap();
    let value = Skipped {
        id: 1,
        token: token(),
    };
    let stored = cache.scope(async { put_entry(1).put(value).await }).await;
    assert_eq!(stored, Ok(()));
    assert_eq!(log.lines(SAID).len(), 1, "{}", log.text());
    assert_eq!(cache.scope(put(1)).await.token, "", "what redis kept of it");
    let policy = Policy::new(Duration::from_secs(60));
    for key in 0..2_u32 {
        let load = async { Ok::<_, String>(Halved { of: 9 }) };
        let loaded = cache.get_or_load("by hand", &key, &policy, load).await;
        assert!(loaded.is_ok());
    }
    assert_eq!(log.lines(SAID).len(), 2, "{}", log.text());
}

/// Types that keep all they have, some of which write it in an order of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    counts: HashMap<String, u32>,
    names: HashSet<String>,
    sorted: BTreeMap<u32, Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    span: Duration,
    pair: (u8, char),
}

/// The same without `PartialEq`, by its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptShown(HashMap<String, u32>, HashSet<String>);

/// The same without either, by its bytes.
#[derive(Clone, Serialize, Deserialize)]
struct KeptHidden(HashMap<String, u32>, HashSet<String>);

/// Not equal to itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unordered {
    score: f64,
    of: HashMap<String, f32>,
}

/// Equal by what it stores: the rest is made up when it is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Computed {
    id: u32,
    #[serde(skip)]
    #[expect(dead_code, reason = "it is no part of what the value is")]
    text: String,
}

impl PartialEq for Computed {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Tells a number of its own each time it is shown.
#[derive(Clone, Serialize, Deserialize)]
struct Numbered(u32);

impl fmt::Debug for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SHOWN: AtomicU32 = AtomicU32::new(0);
        write!(f, "{}", SHOWN.fetch_add(1, Ordering::Relaxed))
    }
}

/// No two are equal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Unlike(u32);

impl PartialEq for Unlike {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

/// Panics when it is compared, and when it is shown.
#[derive(Clone, Serialize, Deserialize)]
struct Panics(u32);

impl PartialEq for Panics {
    fn eq(&self, _: &Self) -> bool {
        panic!("compared")
    }
}

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("shown")
    }
}

/// Fails to show itself.
#[derive(Clone, Serialize, Deserialize)]
struct Unshown(u32);

impl fmt::Debug for Unshown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

/// Panics when one that was read is dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Dropped {
    #[serde(deserialize_with = "armed")]
    armed: bool,
}

fn armed<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    bool::deserialize(from).map(|_| true)
}

impl Drop for Dropped {
    fn drop(&mut self) {
        assert!(!self.armed, "dropped");
    }
}

fn counts() -> HashMap<String, u32> {
    (0..50).map(|n| (n.to_string(), n * 7)).collect()
}

fn names() -> HashSet<String> {
    (0..50).map(|n| format!("name {n}")).collect()
}

fn kept_value(id: u32) -> Kept {
    Kept {
        counts: counts(),
        names: names(),
        sorted: BTreeMap::from([(id, None), (id + 1, Some("one".to_owned()))]),
        note: None,
        span: Duration::from_millis(1),
        pair: (1, 'x'),
    }
}

fn unordered_value(_: u32) -> Unordered {
    let of = (0..50_u8).map(|n| (n.to_string(), f32::from(n) / 3.0));
    Unordered {
        score: f64::NAN,
        of: of.collect(),
    }
}

sites! {
    kept -> Kept { kept_value }
    kept_shared -> Arc<Vec<Kept>> { |id| Arc::new(vec![kept_value(id); 3]) }
    kept_maybe -> Option<Kept> { |_| None }
    kept_shown -> KeptShown { |_| KeptShown(counts(), names()) }
    kept_hidden -> KeptHidden { |_| KeptHidden(counts(), names()) }
    unordered -> Unordered { unordered_value }
    own_eq -> Computed { |id| Computed { id, text: token() } }
    numbered -> Numbered { Numbered }
    unlike -> Unlike { Unlike }
    panics -> Panics { Panics }
    unshown -> Unshown { Unshown }
}

#[cached(ttl = "1h")]
async fn generic<T: cache_runtime::CacheKey>(_id: T) -> HashMap<String, u32> {
    counts()
}

#[tokio::test]
async fn a_type_that_keeps_all_it_has_is_not_told_of() {
    let (server, log) = (server().await, Log::default());
    let _guard = log.listen();
    let cache = linked(&server.url()).build().unwrap();
    cache
        .scope(async {
            call_each!(kept kept_shared kept_maybe kept_shown kept_hidden unordered own_eq);
            call_each!(numbered unlike panics unshown generic);
        })
        .await;
    assert!(log.text().contains("stored"), "it was listened to");
    assert_eq!(log.lines(SAID), Vec::<String>::new());
}

#[cached(ttl = "1h")]
async fn dropped(id: u32) -> Dropped {
    let _ = id;
    Dropped { armed: false }
}

#[tokio::test]
async fn a_value_that_panics_when_it_is_dropped_harms_no_caller() {
    let server = server().await;
    let cache = linked(&server.url()).build().unwrap();
    let loaded = cache.scope(dropped(1)).await;
    assert!(!loaded.armed);
}

#[cached(ttl = "1h")]
async fn switched(id: u32) -> Skipped {
    Skipped { id, token: token() }
}

#[cached(ttl = "1h")]
async fn embedded(id: u32) -> Skipped {
    Skipped { id, token: token() }
}

#[tokio::test]
async fn verify_says_whether_values_are_looked_at() {
    let (server, log) = (server().await, Log::default());
    let _guard = log.listen();
    let unverified = linked(&server.url()).verify(false).build().unwrap();
    unverified.scope(switched(1)).await;
    assert_eq!(log.lines(SAID), Vec::<String>::new());
    let verified = linked(&server.url()).verify(true).build().unwrap();
    verified.scope(switched(2)).await;
    assert_eq!(log.lines(SAID).len(), 1);
    // In memory a value stays what it is; a program that goes to a server later may ask all the same.
    Cache::memory().scope(embedded(1)).await;
    assert_eq!(log.lines(SAID).len(), 1);
    let asked = Cache::builder().verify(true).build().unwrap();
    asked.scope(embedded(1)).await;
    assert_eq!(log.lines(SAID).len(), 2);
}
