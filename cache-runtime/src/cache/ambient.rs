//! Which cache a call uses: the one in scope, else the process default.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use once_cell::sync::OnceCell;

use super::Cache;
use super::deferred::Deferral;
use crate::error::{CacheError, Result};
use crate::events::{Dependencies, Lender, Observed, Observer, Outcome, tell_of_default};
use crate::load::{Task, short};
use crate::site::Digest;

static INSTALLED: OnceCell<Cache> = OnceCell::new();

/// Whether the environment's settings were found to be wrong, so that they are read and told of once.
static REFUSED: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    static AMBIENT: Ambient;
}

/// What a task has around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ambient {
    cache: Option<Cache>,
    bypassed: bool,
    /// The one entry that calls inside reload, by the 128 bits that name it.
    refresh: Option<[u8; 16]>,
    /// The entries that are written around them, by the 128 bits that name each, sorted.
    written: Option<Arc<[[u8; 16]]>>,
    /// Who is to be told what becomes of calls inside.
    observer: Observed,
    /// Who takes over what is to be invalidated after a commit.
    deferral: Option<Arc<Deferral>>,
}

impl Ambient {
    /// Whether a hit in memory takes more than a look.
    #[inline]
    fn is_unusual(&self) -> bool {
        self.bypassed
            || self.refresh.is_some()
            || self.observer.is_some()
            || self.deferral.is_some()
    }
}

/// The cache of one call.
#[derive(Debug)]
pub(crate) enum Current<'a> {
    Borrowed(&'a Cache),
    Scoped(Cache),
}

impl Deref for Current<'_> {
    type Target = Cache;

    #[inline]
    fn deref(&self) -> &Cache {
        match self {
            Self::Borrowed(cache) => cache,
            Self::Scoped(cache) => cache,
        }
    }
}

/// The cache that a call uses, if it is to use one: the explicit one, else the scoped, else the
/// installed.
#[inline]
pub(crate) fn current(explicit: Option<&Cache>) -> Option<Current<'_>> {
    if is_bypassed() {
        return None;
    }
    resolve(explicit).filter(|cache| cache.tiers().is_on())
}

/// Looks into the cache that a call uses, if it is to read one: everything about the call's
/// surroundings in one look, and without a handle of its own.
#[inline]
pub(crate) fn look<R>(
    explicit: Option<&Cache>,
    mut look: impl FnMut(&Cache) -> Option<R>,
) -> Option<R> {
    let around = AMBIENT.try_with(|ambient| {
        if ambient.is_unusual() {
            return None;
        }
        let here = explicit.or(ambient.cache.as_ref());
        look(here.or_else(|| INSTALLED.get())?)
    });
    match around {
        Ok(looked) => looked,
        Err(_) => look(explicit.or_else(|| INSTALLED.get())?),
    }
}

/// The cache that a write is of. An invalidation is carried out though reads are bypassed or off:
/// other processes serve what it is to clear.
#[inline]
pub(crate) fn resolve(explicit: Option<&Cache>) -> Option<Current<'_>> {
    if let Some(cache) = explicit {
        return Some(Current::Borrowed(cache));
    }
    match AMBIENT.try_with(|ambient| ambient.cache.clone()) {
        Ok(Some(scoped)) => Some(Current::Scoped(scoped)),
        _ => installed().map(Current::Borrowed),
    }
}

/// The cache of a call that runs without it, to be counted there: none is made for that.
pub(crate) fn bystander(explicit: Option<&Cache>) -> Option<Current<'_>> {
    if let Some(cache) = explicit {
        return Some(Current::Borrowed(cache));
    }
    match AMBIENT.try_with(|ambient| ambient.cache.clone()) {
        Ok(Some(scoped)) => Some(Current::Scoped(scoped)),
        _ => INSTALLED.get().map(Current::Borrowed),
    }
}

/// Whether the call with this key, on this task, is to reload its entry.
pub(crate) fn refreshes(digest: &Digest) -> bool {
    AMBIENT
        .try_with(|ambient| (ambient.refresh).is_some_and(|entry| digest.starts_with(&entry)))
        .unwrap_or(false)
}

/// Whether memory may not be looked at before the tags of a call on this task are known: they tell what may serve it, or
/// are to be lent.
#[inline]
pub(crate) fn looks_later() -> bool {
    AMBIENT
        .try_with(|ambient| {
            let lends = ambient
                .observer
                .as_ref()
                .is_some_and(|observer| observer.lends());
            lends || ambient.refresh.is_some() || ambient.deferral.is_some()
        })
        .unwrap_or(false)
}

/// Who takes over what is to be invalidated after a commit, if a transaction is open around this task.
pub(crate) fn deferral() -> Option<Arc<Deferral>> {
    let deferral = AMBIENT.try_with(|ambient| ambient.deferral.clone());
    deferral.ok().flatten()
}

/// Runs the work of a transaction.
pub(super) async fn deferring<F: Future>(deferral: Arc<Deferral>, future: F) -> F::Output {
    let ambient = Ambient {
        deferral: Some(deferral),
        ..present()
    };
    AMBIENT.scope(ambient, future).await
}

#[inline]
pub(crate) fn is_bypassed() -> bool {
    AMBIENT
        .try_with(|ambient| ambient.bypassed)
        .unwrap_or(false)
}

/// Who is to be told what becomes of a call on this task.
pub(crate) fn observer() -> Observed {
    let observer = AMBIENT.try_with(|ambient| ambient.observer.clone());
    observer.ok().flatten()
}

/// Runs a call, and tells what became of it: whether it was a hit, where, and how much longer that is fresh.
/// Nothing is looked at a second time.
///
/// Of several annotated calls inside, it is the last that ends, so of one that calls others, its own. Of a `batch` it is
/// what took most for any of its ids, and the shortest time that all of them are fresh.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cache_runtime::{Cache, Served, cached, outcome};
///
/// #[cached(ttl = "5m")]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// Cache::memory().scope(async {
///     let (nine, first) = outcome(square(3)).await;
///     let (_, second) = outcome(square(3)).await;
///     assert_eq!((nine, first.served, second.served), (9, Served::Loaded, Served::Memory));
///     assert!(second.is_hit() && second.fresh_for.as_secs() > 240);
/// }).await;
/// # });
/// ```
pub async fn outcome<F: Future>(call: F) -> (F::Output, Outcome) {
    let observer = Arc::new(Observer::default().lending_as(observer().as_deref()));
    let ambient = Ambient {
        observer: Some(Arc::clone(&observer)),
        ..present()
    };
    let returned = AMBIENT.scope(ambient, call).await;
    (returned, observer.outcome())
}

/// Runs a piece of work, and tells what the annotated functions that it called rest on: for whoever keeps what the work
/// made of them, as a response that is cached in front of it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cache_runtime::{Cache, cached, dependencies};
///
/// #[cached(ttl = "5m", tags = ["user:{id}"])]
/// async fn user(id: u64) -> String {
///     format!("user {id}")
/// }
///
/// #[cached(ttl = "1m", jitter = 0.0, tags = ["org:{id}"])]
/// async fn org(id: u64) -> String {
///     format!("org {id}")
/// }
///
/// Cache::memory().scope(async {
///     let (page, rests_on) = dependencies(async {
///         format!("{} of {}", user(7).await, org(3).await)
///     }).await;
///     assert_eq!(page, "user 7 of org 3");
///     assert_eq!(rests_on.tags, ["org:3", "user:7"]);
///     assert!(rests_on.fresh_for.unwrap().as_secs() <= 60);
/// }).await;
/// # });
/// ```
///
/// Of functions that call others it is the outer ones alone: what these call is part of their values, which live by their
/// own tags and ttl.
///
/// An invalidation of one [`Entry`](crate::Entry) or of a [`Namespace`](crate::Namespace) names no tag: what is kept
/// elsewhere learns nothing of it, and ends with `fresh_for`.
///
/// Inside, every function is as one with [`Consistency::Strong`](crate::Consistency): each call asks Redis, and memory
/// serves none. What is made of a value that memory is allowed to be behind with, and is kept elsewhere, would be behind for
/// as long as it is kept.
///
/// It sees what the work polls on its own task; a task that it spawns it does not, with [`inherit`] neither.
pub async fn dependencies<F: Future>(work: F) -> (F::Output, Dependencies) {
    let lender = Arc::<Lender>::default();
    let ambient = Ambient {
        observer: Some(Arc::new(Observer::lending(&lender))),
        ..present()
    };
    let returned = AMBIENT.scope(ambient, work).await;
    (returned, lender.dependencies())
}

/// Polls the body of a call: what it calls is nobody's to look on.
pub(crate) fn unobserved(poll: &mut dyn FnMut()) {
    let ambient = Ambient {
        observer: None,
        ..present()
    };
    AMBIENT.sync_scope(ambient, poll);
}

/// Makes something in whose calls another is told what becomes of them, if anyone is to be told: who looks on here, and
/// that other.
pub(crate) fn observed<R>(
    other: Observer,
    make: impl FnOnce() -> R,
) -> (R, Option<[Arc<Observer>; 2]>) {
    let Some(here) = observer() else {
        return (make(), None);
    };
    let other = Arc::new(other.lending_as(Some(&here)));
    let ambient = Ambient {
        observer: Some(Arc::clone(&other)),
        ..present()
    };
    let made = AMBIENT.sync_scope(ambient, make);
    (made, Some([here, other]))
}

fn present() -> Ambient {
    AMBIENT.try_with(Ambient::clone).unwrap_or_default()
}

pub(super) fn install(cache: &Cache) -> Result<()> {
    INSTALLED
        .set(cache.clone())
        .map_err(|_| CacheError::Installed)
}

/// The process default, made from the environment where none was installed. With wrong settings there
/// calls run without a cache until one is installed.
#[inline]
fn installed() -> Option<&'static Cache> {
    INSTALLED.get().or_else(from_environment)
}

#[cold]
fn from_environment() -> Option<&'static Cache> {
    if REFUSED.load(Ordering::Relaxed) {
        return None;
    }
    // An error leaves the cell empty, so that a cache can still be installed.
    match INSTALLED.get_or_try_init(made) {
        Ok(cache) => Some(cache),
        Err(error) => {
            if !REFUSED.swap(true, Ordering::Relaxed) {
                tracing::error!(target: "cache", %error, "nothing is cached until a cache is installed");
            }
            None
        }
    }
}

fn made() -> Result<Cache> {
    let cache = Cache::from_env()?;
    cache.tiers().used.note();
    tell_of_default();
    Ok(cache)
}

/// Runs a future in which annotated functions use `cache`.
pub(super) async fn scope<F: Future>(cache: &Cache, future: F) -> F::Output {
    let ambient = Ambient {
        cache: Some(cache.clone()),
        ..present()
    };
    AMBIENT.scope(ambient, future).await
}

/// Runs a future in which every annotated function polled on this task runs without the cache: it
/// neither reads nor stores.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cache_runtime::{Cache, bypass, cached};
///
/// #[cached(ttl = "5m")]
/// async fn now() -> std::time::SystemTime {
///     std::time::SystemTime::now()
/// }
///
/// Cache::memory().scope(async {
///     assert_eq!(now().await, now().await);
///     assert_ne!(now().await, bypass(now()).await);
/// }).await;
/// # });
/// ```
pub async fn bypass<F: Future>(future: F) -> F::Output {
    let ambient = Ambient {
        bypassed: true,
        ..present()
    };
    AMBIENT.scope(ambient, future).await
}

/// A future that has the scope of whoever makes it, on whatever task it runs: for what is spawned.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use cache_runtime::{Cache, cached, inherit};
///
/// #[cached(ttl = "5m")]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// let cache = Cache::memory();
/// cache.scope(async {
///     tokio::spawn(inherit(square(4))).await.unwrap();
/// }).await;
/// assert_eq!(cache.stats().namespaces[0].loads, 1);
/// # });
/// ```
///
/// A [`bypass`] is inherited as well, and one around the future where it runs holds too, and so is a
/// [`deferred`](super::deferred()) transaction. A refresh of one entry is not inherited, as that is its one call's. The
/// scope is that of who made it, also inside another.
pub fn inherit<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    let made = present();
    async move {
        let here = present();
        let ambient = Ambient {
            cache: made.cache.or(here.cache),
            bypassed: made.bypassed || here.bypassed,
            refresh: here.refresh,
            written: here.written,
            observer: here.observer,
            deferral: made.deferral.or(here.deferral),
        };
        AMBIENT.scope(ambient, future).await
    }
}

/// A task with what the caller has around it now; what becomes of it is nobody's call, and part of no transaction.
pub(crate) fn carried(task: Task) -> Task {
    let ambient = Ambient {
        observer: None,
        deferral: None,
        ..present()
    };
    Box::pin(AMBIENT.scope(ambient, task))
}

/// A future with all that is around its maker now, for a task that does its maker's work.
pub(crate) fn around<F: Future>(future: F) -> impl Future<Output = F::Output> {
    AMBIENT.scope(present(), future)
}

/// Runs a future that writes what the entries with these keys hold: a call of one inside would wait for the write
/// that it is part of.
pub(crate) async fn writing<F: Future>(
    entries: impl IntoIterator<Item = &Digest>,
    future: F,
) -> F::Output {
    let around = present();
    let outer = around
        .written
        .iter()
        .flat_map(|written| written.iter().copied());
    let mut written: Vec<_> = entries.into_iter().map(short).chain(outer).collect();
    written.sort_unstable();
    let ambient = Ambient {
        written: Some(written.into()),
        ..around
    };
    AMBIENT.scope(ambient, future).await
}

/// Whether the call with this key, on this task, is part of what writes its entry.
pub(crate) fn is_written(digest: &Digest) -> bool {
    let is_among = |written: &Arc<[[u8; 16]]>| written.binary_search(&short(digest)).is_ok();
    AMBIENT
        .try_with(|ambient| ambient.written.as_ref().is_some_and(is_among))
        .unwrap_or(false)
}

/// Runs a future in which the call with this key reloads and stores.
pub(super) async fn refreshing<F: Future>(digest: &Digest, future: F) -> F::Output {
    let ambient = Ambient {
        refresh: Some(short(digest)),
        ..present()
    };
    AMBIENT.scope(ambient, future).await
}
