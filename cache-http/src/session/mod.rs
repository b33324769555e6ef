//! Sessions in Redis, for [tower-sessions](https://docs.rs/tower-sessions): [`SessionStore`] is the store of its layer.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, routing::post};
//! use cache_http::session::{SessionStore, login, logout};
//! use cache_runtime::Cache;
//! use tower_sessions::cookie::{SameSite, time::Duration};
//! use tower_sessions::{Expiry, Session, SessionManagerLayer};
//!
//! let cache = Cache::from_env()?;
//! let store = SessionStore::new(&cache);
//! let layer = SessionManagerLayer::new(store.clone())
//!     .with_secure(true) // `false` where the page is served without TLS
//!     .with_http_only(true)
//!     .with_same_site(SameSite::Lax)
//!     // How long the browser keeps the cookie: longer than the session, whose end the store decides.
//!     .with_expiry(Expiry::OnInactivity(Duration::days(30)));
//! let app: Router = Router::new()
//!     .route("/login", post(async |session: Session| {
//!         // The password was checked.
//!         login(&session, "42").await.map_err(|error| error.to_string())
//!     }))
//!     .route("/logout", post(async |session: Session| {
//!         logout(&session).await.map_err(|error| error.to_string())
//!     }))
//!     .layer(layer);
//!
//! for session in store.active("42").await? {
//!     println!("{} since {:?}", session.handle, session.created);
//! }
//! store.destroy_all("42").await?;
//! # Ok(()) }
//! ```
//!
//! What it promises:
//!
//! - A session that was ended (by `logout`, [`destroy`](SessionStore::destroy), [`destroy_all`](SessionStore::destroy_all))
//!   is not loaded again, in any process: each load asks Redis. While Redis is away a load is an error, and nobody is
//!   logged in.
//! - A request that was under way meanwhile can't bring it back: what it stores late is refused, and its answer is an error.
//! - Two requests at once that change different values of one session both hold. Where both change one value, the later is
//!   refused (see [`last_wins`](SessionStore::last_wins)).
//! - A session ends 24 hours ([`ttl`](SessionStore::ttl)) after it was last loaded or stored, a hundredth later at most. No
//!   setting of the layer is needed for that.
//! - Only [`login`] gives a session its user, and always with a new id, so that an id which somebody had planted is of no use.
//!   Of a session that was another user's it takes nothing along.
//! - A session goes on under another id (`cycle_id`) only where nobody has ended it meanwhile.
//!
//! What Redis itself does not promise: a failover may lose what the old master acknowledged last, so a session that was
//! ended in that moment may be there again, and a new one may not.

mod changes;
mod error;
mod identity;
mod local;
mod own;
mod redis;
mod user;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use cache_runtime::Cache;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store;

use changes::{Base, Continued, Create, Save};
pub use error::SessionError;
pub use identity::SessionHandle;
use identity::{Place, UserName};
use local::Local;
use redis::Remote;
pub use user::{login, logout, user};

/// How long a session lives after its last use, unless set.
const TTL: Duration = Duration::from_secs(24 * 3_600);

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// How many sessions a user has, unless set.
const MOST: u32 = 100;

/// How long after its id was given up a session may be stored under another: longer than a request is under way.
const MOVING: Duration = Duration::from_secs(3_600);

/// How often another id is tried where there is a session of the first.
const IDS_TRIED: usize = 4;

/// Keeps sessions in the Redis of a cache; cheap to clone.
///
/// On a cache of `memory:` it keeps them in this process, no more than 100,000: for tests, and for one process whose
/// users log in again after a restart.
#[derive(Clone)]
pub struct SessionStore {
    kept: Kept,
    ttl: Duration,
    most: u32,
    is_strict: bool,
}

#[derive(Clone)]
enum Kept {
    Remote(Remote),
    Local(Arc<Local>),
}

/// A session of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// What [`SessionStore::destroy`] knows it by. It is not the id, and nobody is logged in by it.
    pub handle: SessionHandle,
    /// When the user logged in.
    pub created: SystemTime,
    /// When it was last used, to a hundredth of the ttl.
    pub last_used: SystemTime,
    /// When it ends if it is not used.
    pub ends: SystemTime,
}

impl SessionStore {
    /// A store in the Redis of this cache; nothing is asked of it yet. Of a cache that is off the sessions are kept in this
    /// process too, with a warning: another process does not know them.
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        if !cache.is_enabled() {
            tracing::warn!(
                "sessions are kept in this process alone, as the cache is off or closed: other processes don't know them, \
                 and a restart ends them"
            );
        }
        let kept = match cache.commands() {
            Ok(commands) => Kept::Remote(Remote::new(commands)),
            Err(_) => Kept::Local(cache.extension()),
        };
        Self {
            kept,
            ttl: TTL,
            most: MOST,
            is_strict: true,
        }
    }

    /// How long a session lives after it was last loaded or stored: 24 hours unless set. One that has an end of its own by
    /// the layer's `with_expiry` before that ends then.
    ///
    /// # Errors
    ///
    /// [`SessionError::Setting`] for less than a second or more than 366 days.
    pub fn ttl(mut self, ttl: Duration) -> Result<Self, SessionError> {
        if !(SHORTEST..=LONGEST).contains(&ttl) {
            return Err(SessionError::Setting {
                what: "ttl",
                reason: "it is from a second to 366 days",
            });
        }
        self.ttl = ttl;
        Ok(self)
    }

    /// How many sessions a user has at most, 100 unless set: one more ends the one that was not used for longest.
    ///
    /// # Errors
    ///
    /// [`SessionError::Setting`] for 0, and for more than 1,000.
    pub fn most_of_a_user(mut self, most: u32) -> Result<Self, SessionError> {
        if !(1..=1_000).contains(&most) {
            return Err(SessionError::Setting {
                what: "number of sessions of a user",
                reason: "it is from 1 to 1,000",
            });
        }
        self.most = most;
        Ok(self)
    }

    /// Of two requests at once that change one value of a session, lets the later win, instead of refusing it. What the
    /// first has stored in that value is then lost; other values still are not.
    #[must_use]
    pub fn last_wins(mut self) -> Self {
        self.is_strict = false;
        self
    }

    /// The sessions of a user that can still be loaded, the one used last first.
    ///
    /// # Errors
    ///
    /// [`SessionError::Command`] if Redis is away or refuses the script.
    pub async fn active(&self, user: &str) -> Result<Vec<SessionInfo>, SessionError> {
        let user = UserName::new(user)?;
        let mut found = match &self.kept {
            Kept::Remote(remote) => remote.active(&user).await?,
            Kept::Local(local) => local.active(&user),
        };
        found.sort_by_key(|session| std::cmp::Reverse(session.last_used));
        Ok(found)
    }

    /// Ends a session of this user; gives whether there was one. A handle of another user's session ends nothing, so it
    /// may come from a form.
    ///
    /// # Errors
    ///
    /// As [`active`](Self::active).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, it may have ended or not.
    pub async fn destroy(&self, user: &str, handle: &SessionHandle) -> Result<bool, SessionError> {
        let (user, place) = (UserName::new(user)?, handle.place());
        match &self.kept {
            Kept::Remote(remote) => remote.delete(place, Some(&user), Duration::ZERO).await,
            Kept::Local(local) => Ok(local.delete(place, Some(&user), Duration::ZERO)),
        }
    }

    /// Ends all sessions of a user in one step; gives how many there were. After a change of the password: store the new
    /// one first, as who logs in by the old one after this has a session again.
    ///
    /// # Errors
    ///
    /// As [`active`](Self::active).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, all have ended or none.
    pub async fn destroy_all(&self, user: &str) -> Result<usize, SessionError> {
        let user = UserName::new(user)?;
        match &self.kept {
            Kept::Remote(remote) => remote.destroy_all(&user, self.ttl).await,
            Kept::Local(local) => Ok(local.destroy_all(&user)),
        }
    }

    async fn create_one(&self, record: &mut Record) -> Result<(), SessionError> {
        let (base, is_login) = (Base::take(record)?, own::take_login(record)?);
        let (user, values) = (user::of(record)?, changes::all(record)?);
        let base = base.unwrap_or_else(Base::new);
        // Whoever is not logged in by this has been before.
        let before = user.as_ref().filter(|_| !is_login);
        let before = before.map(|user| base.place_of(user).ok_or(SessionError::OtherUser));
        let before = before.transpose()?;
        for _ in 0..IDS_TRIED {
            record.id = identity::id(user.as_ref());
            let place = Place::of(record.id);
            let wanted = Create {
                user: user.as_ref(),
                goes_on: before.as_ref().map(|place| Continued {
                    epoch: base.epoch(),
                    place,
                }),
                stamp: &base.stamp,
                values: &values,
                ttl: self.ttl,
                end: self.end(record),
                most: self.most,
            };
            let made = match &self.kept {
                Kept::Remote(remote) => remote.create(&place, &wanted).await?,
                Kept::Local(local) => local.create(&place, &wanted)?,
            };
            if let Some(epoch) = made {
                base.written(epoch, user.as_ref(), (place, &values))
                    .put(record);
                return Ok(());
            }
        }
        Err(SessionError::Taken)
    }

    async fn save_one(&self, record: &Record) -> Result<(), SessionError> {
        let user = user::of(record)?;
        let (base, values) = (Base::of(record)?, changes::all(record)?);
        let changes = base.as_ref().map(|base| base.changes(&values));
        let anew = Base::new();
        let wanted = Save {
            user: user.as_ref(),
            stamp: &base.as_ref().unwrap_or(&anew).stamp,
            // Of a record that was cleared nothing is known of before: all is written anew.
            changes: changes.unwrap_or_else(|| changes::anew(&values)),
            is_whole: base.is_none(),
            is_strict: self.is_strict,
            ttl: self.ttl,
            end: self.end(record),
        };
        let place = Place::of(record.id);
        match &self.kept {
            Kept::Remote(remote) => remote.save(&place, &wanted).await,
            Kept::Local(local) => local.save(&place, &wanted),
        }
    }

    async fn load_one(&self, id: Id) -> Result<Option<Record>, SessionError> {
        let place = Place::of(id);
        let loaded = match &self.kept {
            Kept::Remote(remote) => remote.load(&place, self.ttl).await?,
            Kept::Local(local) => local.load(&place, self.ttl),
        };
        let Some(loaded) = loaded else {
            return Ok(None);
        };
        let mut record = Record {
            id,
            data: loaded.data()?,
            expiry_date: OffsetDateTime::now_utc() + self.ttl,
        };
        let user = user::of(&record)?;
        loaded.base(user.as_ref(), place).put(&mut record);
        Ok(Some(record))
    }

    /// How long until the end of its own that a session has by the layer, if it is before its ttl is over.
    fn end(&self, record: &Record) -> Option<Duration> {
        let left = record.expiry_date - OffsetDateTime::now_utc();
        // Where both are to be as long as each other, some time went by since the layer looked at its clock.
        let is_before = left + Duration::from_secs(1) < self.ttl;
        is_before.then(|| left.try_into().unwrap_or(Duration::ZERO))
    }
}

#[async_trait]
impl tower_sessions_core::SessionStore for SessionStore {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        Ok(self.create_one(record).await?)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        Ok(self.save_one(record).await?)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        Ok(self.load_one(*id).await?)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let place = Place::of(*id);
        match &self.kept {
            Kept::Remote(remote) => remote.delete(&place, None, MOVING).await?,
            Kept::Local(local) => local.delete(&place, None, MOVING),
        };
        Ok(())
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStore")
            .field("ttl", &self.ttl)
            .field("most_of_a_user", &self.most)
            .field("last_wins", &!self.is_strict)
            .finish_non_exhaustive()
    }
}
