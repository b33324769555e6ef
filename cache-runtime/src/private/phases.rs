//! The first phase of an annotated call: a look in memory.

use std::any::TypeId;
use std::borrow::Borrow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::cache::{
    Cache, Current, Entry, Missed, bystander, current, is_bypassed, look, looks_later, observer,
    resolve,
};
use crate::error::CacheError;
use crate::events::{Miss, Uncached as Cause};
use crate::key::{CacheKey, KeyWriter};
use crate::kind::Kind;
use crate::load::{Call, Draft, Hooks, Request, Uncached};
use crate::memory::{Held, LoadId};
use crate::policy::Policy;
use crate::returns::{KeptWhole, Returns, TellsOk};
use crate::site::{At, Interned};
use crate::tag::Tag;
use crate::value::Cacheable;

use super::Name;

/// One call of this many spends a unit of the runtime's cooperative budget.
const SPENDS: u32 = 16;

/// Spends the runtime's cooperative budget: a loop of hits must not starve timers. A task has 128 units a turn, so that
/// such a loop yields after some 2,000 calls, or 100 µs.
#[inline]
pub async fn budget() {
    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }
    let calls = CALLS.get().wrapping_add(1);
    CALLS.set(calls);
    if calls.is_multiple_of(SPENDS) {
        tokio::task::coop::consume_budget().await;
    }
}

/// Writes one part of a key.
#[inline]
pub fn part<T: CacheKey + ?Sized>(writer: &mut KeyWriter, value: &T) {
    value.write(writer);
}

/// What a function takes apart in its signature, and has in its key all the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a cache key",
    label = "not a `CacheKey`, and the pattern takes it apart",
    note = "name what the pattern binds: `key = id` for a `Path(id)`, `key = (a, b)` for two",
    note = "for one that doesn't change the result, name what it binds in `skip(..)`, as `skip(db)` for a `State(db)`"
)]
pub trait TakenApart {
    fn write(&self, writer: &mut KeyWriter);
}

#[diagnostic::do_not_recommend]
impl<T: CacheKey + ?Sized> TakenApart for T {
    fn write(&self, writer: &mut KeyWriter) {
        CacheKey::write(self, writer);
    }
}

/// Writes an argument that a pattern takes apart.
#[inline]
pub fn taken_apart<T: TakenApart + ?Sized>(writer: &mut KeyWriter, value: &T) {
    value.write(writer);
}

/// Whether the text of a part of the key follows from the key.
#[inline]
pub fn shows_text<T: CacheKey + ?Sized>(part: &T) -> bool {
    part.__shows_text()
}

/// The types that a key depends on, with that of an argument which its author can't write.
#[inline]
pub fn also<K: ?Sized, T: ?Sized>(
    _types: PhantomData<K>,
    _argument: &T,
) -> PhantomData<(PhantomData<K>, PhantomData<T>)> {
    PhantomData
}

/// Notes a tag that the key does not decide: in memory, calls that differ in it differ.
pub fn beside(writer: &mut KeyWriter, tag: &Tag) {
    // One that is refused is never stored, so it stands for nothing: the empty tag is refused, too.
    writer.__beside(tag.name().map_or("", |name| name));
}

/// What `cache = ..` may name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Cache`",
    label = "not a `Cache`",
    note = "name a `Cache`, a `&Cache` or an `Arc<Cache>`; what holds one otherwise is dereferenced, as `cache = *CACHE` for a `LazyLock<Cache>`"
)]
pub trait NamesCache {
    fn cache(&self) -> &Cache;
}

#[diagnostic::do_not_recommend]
impl<T: Borrow<Cache> + ?Sized> NamesCache for T {
    #[inline]
    fn cache(&self) -> &Cache {
        self.borrow()
    }
}

/// The cache that an annotation names.
#[inline]
pub fn named_cache<T: NamesCache + ?Sized>(named: &T) -> &Cache {
    named.cache()
}

/// Refuses a value that can't be cached: first of all, so that it is told once and alike in a
/// function and in its companion.
#[inline]
pub fn keeps<M: Returns<R>, R>() {}

/// Refuses a `Result` under another name, which a plain function would store errors of.
#[inline]
pub fn keeps_all<K: KeptWhole>(_kind: K) {}

/// Refuses what is no `Result` where `Ok` is to be told.
#[inline]
pub fn tells_ok<K: TellsOk>(_kind: K) {}

/// What a call goes on with that memory did not serve.
type Drafted = Result<Box<Draft>, Uncached>;

/// What the first phase gives.
#[derive(Debug)]
pub enum Lookup<M, R, T, E> {
    Hit(R),
    Miss(Call<M, R, T, E>),
}

impl<M, R, T, E> Call<M, R, T, E> {
    /// Gives the entry a name that a person can read.
    #[must_use]
    pub fn named(mut self, name: Name) -> Self {
        if let Ok(draft) = &mut self.draft {
            draft.readable = Some(name.into_text());
        }
        self
    }
}

/// The first phase: a look in memory, synchronous and without an allocation on a hit.
#[inline]
pub fn lookup<M: Returns<R>, R>(
    _mode: M,
    at: At,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Lookup<M, R, M::Value, M::Error> {
    let mut value = None;
    let mut read = |held: &Held| value = Some(held.value());
    let missed = missed::<M::Value>(at, policy, cache, key, &mut read);
    match (missed, value) {
        (None, Some(value)) => Lookup::Hit(M::value(value)),
        (draft, _) => {
            let draft =
                draft.unwrap_or_else(|| unasked(at, Kind::of::<M::Value>(), policy, cache, key));
            Lookup::Miss(Call::new(begun(at, cache, draft)))
        }
    }
}

/// Has the call counted when it ends; at once, where it runs without the cache.
#[cold]
fn begun(at: At, cache: Option<&Cache>, mut drafted: Drafted) -> Drafted {
    match &mut drafted {
        Ok(draft) => draft.is_call = true,
        Err(Uncached::Missing) => {}
        Err(Uncached::Refused(why)) => {
            if let Some(cache) = bystander(cache) {
                cache.called_uncached(at.namespace(), at.path(), *why);
            }
        }
    }
    drafted
}

/// The draft of a call, or `None` where `read` has looked at what memory has.
#[inline]
fn missed<T: Cacheable>(
    at: At,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
    read: &mut dyn FnMut(&Held),
) -> Option<Drafted> {
    // Most calls end with it: nothing about them is out of the ordinary.
    let known = at.known(TypeId::of::<T>());
    if known.is_some_and(|site| look(site, policy, cache, key, read)) {
        return None;
    }
    let again = looked_again(at, Kind::of::<T>(), policy, cache, key);
    again.map(|held| read(&held)).err()
}

/// As `lookup`, where a value serves the call only if this says so.
#[inline]
pub fn lookup_valid<M: Returns<R>, R>(
    _mode: M,
    at: At,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
    serves: impl FnOnce(&M::Value) -> bool,
) -> Lookup<M, R, M::Value, M::Error> {
    let mut found = None;
    let mut read = |held: &Held| found = Some((held.value(), held.id, held.is_stale));
    let missed = missed::<M::Value>(at, policy, cache, key, &mut read);
    if let Some(draft) = missed {
        return Lookup::Miss(Call::new(begun(at, cache, draft)));
    }
    let refused = match found {
        Some((value, ..)) if serves(&value) => return Lookup::Hit(M::value(value)),
        found => found.map(|(_, id, is_stale)| (id, is_stale)),
    };
    let draft = unasked(at, Kind::of::<M::Value>(), policy, cache, key);
    Lookup::Miss(Call::new(refusing(at, cache, draft, refused)))
}

/// The call whose hit does not serve it, which was counted as its end.
#[cold]
fn refusing(
    at: At,
    cache: Option<&Cache>,
    mut drafted: Drafted,
    refused: Option<(LoadId, bool)>,
) -> Drafted {
    if let (Some((_, is_stale)), Some(cache)) = (refused, bystander(cache)) {
        let events = &cache.tiers().events;
        let counters = events.function(at.namespace(), at.path());
        counters.hit_refused(is_stale);
    }
    if let Ok(draft) = &mut drafted {
        (draft.missed, draft.refused) = (Miss::Refused, refused.map(|(id, _)| id));
    }
    begun(at, cache, drafted)
}

/// The call that reloads its entry, of which memory is not asked.
pub fn reload<M: Returns<R>, R>(
    _mode: M,
    _returns: PhantomData<fn() -> R>,
    at: At,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Lookup<M, R, M::Value, M::Error> {
    let mut draft = unasked(at, Kind::of::<M::Value>(), policy, cache, key);
    if let Ok(draft) = &mut draft {
        draft.reloads = true;
    }
    Lookup::Miss(Call::new(begun(at, cache, draft)))
}

/// A draft of which memory was not asked, unless the call runs without a cache.
fn unasked(
    at: At,
    kind: &'static Kind,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Drafted {
    let Some(cache) = current(cache) else {
        return without(cache);
    };
    let site = at.intern(kind.value);
    if cache.is_off(site, &site.namespace) {
        return uncached(Uncached::Refused(Cause::TurnedOff));
    }
    draft(&cache, (site, kind), policy, key, Missed::unasked())
}

/// Looks once more where memory has nothing, or something out of the ordinary.
#[inline(never)]
fn looked_again(
    at: At,
    kind: &'static Kind,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Result<Arc<Held>, Drafted> {
    let Some(cache) = current(cache) else {
        return Err(without(cache));
    };
    let site = at.intern(kind.value);
    if cache.is_off(site, &site.namespace) {
        return Err(uncached(Uncached::Refused(Cause::TurnedOff)));
    }
    let missed = match looks_later() {
        true => Missed::unasked(),
        false => match cache.in_memory((site, kind), &site.namespace, policy, key) {
            Ok(held) => return Ok(held),
            Err(missed) => missed,
        },
    };
    Err(draft(&cache, (site, kind), policy, key, missed))
}

/// What a companion has for a first phase: the call, of which memory is not asked.
pub fn unread<M: Returns<R>, R>(
    _mode: M,
    _returns: PhantomData<fn() -> R>,
    at: At,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Call<M, R, M::Value, M::Error> {
    Call::new(unlooked(at, Kind::of::<M::Value>(), policy, cache, key))
}

fn unlooked(
    at: At,
    kind: &'static Kind,
    policy: &'static Policy,
    cache: Option<&Cache>,
    key: &KeyWriter,
) -> Drafted {
    let Some(cache) = resolve(cache) else {
        return Err(Uncached::Missing);
    };
    let site = at.intern(kind.value);
    draft(&cache, (site, kind), policy, key, Missed::unasked())
}

/// The call runs without the cache, as it is bypassed, off or not there.
#[cold]
fn without(cache: Option<&Cache>) -> Drafted {
    uncached(match bystander(cache) {
        _ if is_bypassed() => Uncached::Refused(Cause::Bypassed),
        Some(_) => Uncached::Refused(Cause::Off),
        None => Uncached::Missing,
    })
}

#[cold]
fn uncached(why: Uncached) -> Drafted {
    if let Some(observer) = observer() {
        observer.uncached();
    }
    Err(why)
}

#[cold]
fn draft(
    cache: &Current<'_>,
    (site, kind): (&'static Interned, &'static Kind),
    policy: &Policy,
    key: &KeyWriter,
    missed: Missed,
) -> Drafted {
    if let Some(why) = site.refused() {
        return uncached(Uncached::Refused(cache.indistinct(site, why)));
    }
    if key.failure().is_some() {
        return uncached(Uncached::Refused(cache.unwritable(&site.namespace)));
    }
    let namespace = Arc::clone(&site.namespace);
    let draft = cache.draft((site, kind), namespace, *policy, key, missed);
    Ok(Box::new(draft))
}

/// The request of a call; none where a name in it is refused, and it runs without the cache.
pub(super) fn request(draft: Draft, tags: &[Tag], hooks: Hooks) -> Option<Arc<Request>> {
    let cache = Cache::of(&draft.tiers);
    let site = draft.site;
    match draft.with_tags(tags, hooks) {
        Ok(request) => Some(Arc::new(request)),
        Err(error) => {
            let why = cache.refused(site, &site.namespace, &error);
            cache.called_uncached(&site.namespace, &site.path, why);
            None
        }
    }
}

/// The entry that a companion gives.
pub fn entry<M: Returns<R>, R, const N: usize>(
    call: Call<M, R, M::Value, M::Error>,
    tags: [Tag; N],
) -> Entry<M::Value> {
    Entry::new(attached(call.draft, &tags, call.hooks))
}

fn attached(draft: Drafted, tags: &[Tag], hooks: Hooks) -> Result<Option<Request>, CacheError> {
    match draft {
        Ok(draft) => draft.with_tags(tags, hooks).map(Some),
        Err(Uncached::Refused(_)) => Ok(None),
        Err(Uncached::Missing) => Err(CacheError::Unavailable {
            doing: "find a cache",
            cause: "none is installed, and the environment's settings are wrong".to_owned(),
        }),
    }
}
