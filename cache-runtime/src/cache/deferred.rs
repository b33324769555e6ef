//! Invalidations that wait for a commit.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use super::ambient;
use super::due::Due;
use crate::error::Result;
use crate::load::Request;

/// What annotated functions around which a transaction is open hand over, for whoever commits.
#[derive(Debug, Default)]
pub(crate) struct Deferral {
    state: Mutex<State>,
    /// That of the transaction around it.
    outer: Option<Arc<Self>>,
}

#[derive(Debug, Default)]
struct State {
    /// What functions have begun to change.
    touched: Due,
    /// What is to be invalidated after the commit.
    collected: Due,
    /// Whether it was committed or rolled back.
    is_closed: bool,
}

impl Deferral {
    /// Notes what a function begins to change: from here on the cache may not serve it inside.
    pub(crate) fn touch(&self, due: &Due) {
        self.state.lock().touched.add_all(due);
        if let Some(outer) = &self.outer {
            outer.touch(due);
        }
    }

    /// Takes over what is to be invalidated; `false` once nobody is left to carry it out.
    pub(crate) fn hand_over(&self, due: &Due) -> bool {
        let mut state = self.state.lock();
        if !state.is_closed {
            state.touched.add_all(due);
            state.collected.add_all(due);
        }
        !state.is_closed
    }

    /// What was collected. Whoever comes later carries theirs out themselves.
    fn close(&self) -> Due {
        let mut state = self.state.lock();
        state.is_closed = true;
        std::mem::take(&mut state.collected)
    }

    /// Whether an entry rests on something that is changed inside.
    fn covers(&self, request: &Request) -> bool {
        let is_touched = {
            let state = self.state.lock();
            // Which tags its value gives is not known before it is read.
            let by_value = request.derives_tags() && state.touched.names_a_tag(&request.tiers);
            by_value || state.touched.names(&request.tiers, &request.subjects)
        };
        is_touched
            || self
                .outer
                .as_ref()
                .is_some_and(|outer| outer.covers(request))
    }
}

/// Whether what the cache has of an entry may not serve this task, as a transaction around it has changed it.
pub(crate) fn is_deferred(request: &Request) -> bool {
    ambient::deferral().is_some_and(|deferral| deferral.covers(request))
}

/// Runs the work of a database transaction, and collects what annotated functions inside it would invalidate: a read
/// between an invalidation and the commit would load the row as it was, and keep it.
///
/// ```
/// # struct Pool;
/// # struct Transaction;
/// # impl Pool { async fn begin(&self) -> Result<Transaction, std::io::Error> { Ok(Transaction) } }
/// # impl Transaction {
/// #     async fn execute(&mut self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
/// #     async fn commit(self) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// use cache_runtime::{cache_invalidate, deferred};
///
/// #[cache_invalidate(tags = ["user:{id}"])]
/// async fn rename(tx: &mut Transaction, id: u64) -> Result<(), std::io::Error> {
///     tx.execute("UPDATE users SET ..").await
/// }
///
/// # async fn example(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
/// let mut tx = pool.begin().await?;
/// let (renamed, invalidations) = deferred(async {
///     rename(&mut tx, 1).await?;
///     rename(&mut tx, 2).await
/// }).await;
/// renamed?;                               // leaves: rolled back, and nothing is invalidated
/// tx.commit().await?;
/// invalidations.after_commit().await?;    // acknowledged
/// # Ok(()) }
/// ```
///
/// # What is deferred
///
/// What `#[cache_invalidate]` names, `expire` too, however its function ends; only `before` is carried out at once.
/// `#[cache_put]` stores nothing: its entry is invalidated after the commit. Outside of any such scope both act when
/// their function returns, so the same function serves a call on a pool.
///
/// What is done by hand is done at once: `invalidate`, `expire` and `put` of an [`Entry`](crate::Entry), a tag, a
/// namespace, or the cache. Their `Ok` is an acknowledgement, which can't wait.
///
/// # What a read sees
///
/// A cached function that is called inside may read what is not committed, or a snapshot that is older than others'
/// invalidations. So what it loads is stored nowhere and shared with nobody. The cache serves it as long as no
/// function called before it inside names something that its entry rests on; from then on its body runs. What is
/// changed without an annotated function the cache knows nothing of: it may serve the row as it was.
///
/// # Scopes in scopes
///
/// One inside another is taken for a savepoint: its [`after_commit`](Invalidations::after_commit) hands over to the
/// outer one, and is `Ok` without an acknowledgement. A transaction of its own inside another needs a task of its
/// own.
///
/// It reaches what the future polls on its own task, and tasks that it spawns with [`inherit`](crate::inherit). A
/// task that outlives it hands over until [`Invalidations`] is used up or dropped, and invalidates by itself after
/// that.
///
/// # Cancellation
///
/// Dropped half-way nothing is invalidated, as the transaction inside is rolled back. So the commit belongs outside.
pub async fn deferred<F: Future>(future: F) -> (F::Output, Invalidations) {
    let deferral = Arc::new(Deferral {
        state: Mutex::default(),
        outer: ambient::deferral(),
    });
    // Made before the future runs: dropped with it, it closes.
    let invalidations = Invalidations(Arc::clone(&deferral));
    let returned = ambient::deferring(deferral, future).await;
    (returned, invalidations)
}

/// What is to be invalidated once a transaction has committed; made by [`deferred`].
///
/// Dropped, nothing is invalidated: the transaction was rolled back. A commit that fails with its connection may have
/// been carried out all the same; [`after_commit`](Self::after_commit) is right then, too, as an invalidation too
/// many costs a load.
#[must_use = "dropped, nothing is invalidated, as after a rollback: commit, then call `after_commit()`"]
pub struct Invalidations(Arc<Deferral>);

impl Invalidations {
    /// Invalidates, once the transaction has committed. From its `Ok` on the promise of
    /// [`TagHandle::invalidate`](crate::TagHandle::invalidate) holds for all that was collected: loads that were
    /// under way before, in any process, are not served to later calls. What was to be expired is stale.
    ///
    /// A process that ends between the commit and this call leaves entries as they were, up to their ttl.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) if Redis did not acknowledge all of it.
    /// Invalidations are owed then and retried; what was to be expired is not. The transaction stands in any case.
    ///
    /// # Cancellation
    ///
    /// Once polled it is carried out, even if the future is dropped.
    pub async fn after_commit(self) -> Result<()> {
        let mut after = Carried {
            due: self.0.close(),
            is_done: true,
        };
        if let Some(outer) = &self.0.outer
            && outer.hand_over(&after.due)
        {
            return Ok(());
        }
        after.is_done = false;
        let outcome = after.due.carry_out(true).await;
        after.is_done = true;
        outcome
    }
}

impl Drop for Invalidations {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Invalidations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.state.lock().collected.len();
        f.debug_struct("Invalidations")
            .field("count", &count)
            .finish()
    }
}

/// What is carried out after a commit; dropped half-way, it goes on without its caller.
struct Carried {
    due: Due,
    is_done: bool,
}

impl Drop for Carried {
    fn drop(&mut self) {
        if !self.is_done {
            self.due.owe(false);
        }
    }
}
