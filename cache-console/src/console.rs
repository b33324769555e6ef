//! The page of one cache, its options and its routes.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{OriginalUri, Query as Asked, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cache_runtime::admin::Admin;
use cache_runtime::{Cache, Stats};
use futures_util::Stream;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::action::{self, Actions, Who};
use crate::changes::Changes;
use crate::fleet::Known;
use crate::view::View;
use crate::warm::{self, Target};
use crate::window::{Lately, Window};
use crate::{assets, headers, hosts, live, page, probes};

/// How many pages are kept up to date at a time; others show figures as they were when they were opened.
const STREAMS: usize = 32;

/// The page of one cache: what it does, how it is, and where that is allowed, invalidations by hand. It is cheap to clone,
/// and holds the cache.
///
/// ```
/// use cache_console::Console;
/// use cache_runtime::Cache;
///
/// let cache = Cache::memory();
/// let app: axum::Router = axum::Router::new().nest("/cache", Console::new(&cache).router());
/// ```
#[derive(Clone)]
pub struct Console {
    shared: Arc<Shared>,
    pub(crate) ready_needs_redis: bool,
    pub(crate) actions: Option<Arc<Actions>>,
    /// What forms are sealed with.
    pub(crate) secret: [u8; 32],
    pub(crate) warm_who: Option<Arc<Who>>,
    targets: Vec<Target>,
    shows_values: bool,
    /// The names that it answers to; none for any.
    pub(crate) hosts: Option<Vec<String>>,
}

struct Shared {
    cache: Cache,
    /// None without Redis.
    admin: Option<Admin>,
    /// Whether it is of who looks on, and caches nothing.
    is_outside: bool,
    window: Mutex<Window>,
    streams: Arc<Semaphore>,
    search: Semaphore,
    fleet: Arc<Known>,
    changes: Option<Changes>,
}

impl Console {
    /// The page of a cache. It shows and changes nothing: see [`allow_actions`](Self::allow_actions).
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        // Without Redis there is nothing to look at from outside.
        Self::of(cache, Admin::of(cache).ok(), false)
    }

    /// The page of a fleet as it is seen from outside, by a program that caches nothing itself, as `cachectl serve` is:
    /// figures are those that the processes of the fleet have published.
    #[must_use]
    pub fn of_fleet(admin: &Admin) -> Self {
        Self::of(admin.cache(), Some(admin.clone()), true)
    }

    fn of(cache: &Cache, admin: Option<Admin>, is_outside: bool) -> Self {
        let window = Mutex::new(Window::new(&cache.stats(), Instant::now()));
        let shared = Shared {
            cache: cache.clone(),
            changes: admin.clone().map(Changes::new),
            admin,
            is_outside,
            window,
            streams: Arc::new(Semaphore::new(STREAMS)),
            search: Semaphore::new(1),
            fleet: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
            ready_needs_redis: false,
            actions: None,
            secret: rand::random(),
            warm_who: None,
            targets: Vec::new(),
            shows_values: false,
            hosts: None,
        }
    }

    /// Has `/readyz` answer `503`, with the reason, while Redis is away or was not reached yet.
    ///
    /// Unless set, a process is ready without: its functions run as if there were no cache, and to take it out of service
    /// makes an outage of the cache one of the program.
    #[must_use]
    pub fn ready_needs_redis(mut self) -> Self {
        self.ready_needs_redis = true;
        self
    }

    /// Lets those invalidate and expire entries, tags and namespaces whom `who` knows by the headers of a request: it
    /// gives their name, which the log has with what they did, or `None` for whoever may not. Where there is a Redis, what
    /// they did is noted there as well, for `cachectl log`, if its user has the right to `xadd`.
    ///
    /// The page believes `who`. One that does not look for a secret, as it knows everybody on a machine or in a network,
    /// needs [`hosts`](Self::hosts) besides. Where a proxy or a layer in front authenticates, it reads the header that this one sets,
    /// and nobody else must be able to reach the page. Besides, an action needs a token that only the page has, bound to
    /// a cookie and to the name, and a request of the page's own origin. Behind a balancer, give all processes the same
    /// [`secret`](Self::secret): else a form is to be sent to the process that made it.
    ///
    /// ```
    /// use cache_console::Console;
    /// # let cache = cache_runtime::Cache::memory();
    /// let console = Console::new(&cache).allow_actions(|headers| {
    ///     let user = headers.get("x-forwarded-user")?.to_str().ok()?;
    ///     (user == "ada").then(|| user.to_owned())
    /// });
    /// ```
    #[must_use]
    pub fn allow_actions(
        mut self,
        who: impl Fn(&HeaderMap) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.actions = Some(Arc::new(Actions::new(who)));
        self
    }

    /// What the forms of actions are sealed with. Defaults to random bytes of this process; processes behind a balancer
    /// that have the same take each other's forms. Who knows it can make forms that are believed: take it from where
    /// secrets are.
    #[must_use]
    pub fn secret(mut self, secret: [u8; 32]) -> Self {
        self.secret = secret;
        self
    }

    /// Lets the page of an entry show its value, to whoever asks for it there. Off unless set, as values may be personal
    /// data: whoever reaches the page can read them all then. Where nobody has to log in, set [`hosts`](Self::hosts) too.
    #[must_use]
    pub fn show_values(mut self) -> Self {
        self.shows_values = true;
        self
    }

    /// The names and addresses, without a port, that the page answers to: requests with another `Host` are refused, all
    /// but `/healthz` and `/readyz`. Unless set, it answers to any.
    ///
    /// It is needed where the page lets in everybody who reaches it, on a loopback address or within a network, and
    /// [`show_values`](Self::show_values) or [`allow_actions`](Self::allow_actions) are on: a page elsewhere can have its own
    /// name lead here, and has the browser of whoever opens it read and act as if this were its own (DNS rebinding).
    ///
    /// ```
    /// use cache_console::Console;
    /// # let cache = cache_runtime::Cache::memory();
    /// let console = Console::new(&cache).hosts(["localhost", "127.0.0.1", "::1"]);
    /// ```
    #[must_use]
    pub fn hosts<H: AsRef<str>>(mut self, names: impl IntoIterator<Item = H>) -> Self {
        let names = names.into_iter();
        self.hosts = Some(names.map(|name| hosts::plain(name.as_ref())).collect());
        self
    }

    /// Names something that can be warmed from outside, by `POST` to `/warm`, as `cachectl warm` does: a future that is
    /// given a limit, and says how many it has warmed. One of the same name is replaced.
    ///
    /// One run of a target goes on at a time, and ends when who asked for it goes away. Calling the cached functions is
    /// all that there is to it: what is there already is a hit, and others wait for the same load.
    ///
    /// ```
    /// use cache_console::{Console, bearer};
    /// # use cache_runtime::{Cache, CacheError, cached};
    /// # #[cached(ttl = "1h")] async fn plan(id: u64) -> u64 { id }
    /// # let cache = Cache::memory();
    /// let token = std::env::var("CACHE_CONSOLE_TOKEN").unwrap_or_default();
    /// let console = Console::new(&cache)
    ///     .allow_warm(bearer(token, "cachectl"))
    ///     .warm("plans", |limit| async move {
    ///         for id in 0..limit {
    ///             plan(id).await;
    ///         }
    ///         Ok::<_, CacheError>(limit)
    ///     });
    /// ```
    #[must_use]
    pub fn warm<F, E>(
        self,
        name: impl Into<String>,
        warm: impl Fn(u64) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<u64, E>> + Send + 'static,
        E: fmt::Display,
    {
        self.with(Target::of(name.into(), warm))
    }

    /// The same as [`warm`](Self::warm), with a stream that says at each step how many were warmed, so that who waits sees
    /// it move. A step that fails is counted, and the run goes on.
    #[must_use]
    pub fn warm_each<S, E>(
        self,
        name: impl Into<String>,
        warm: impl Fn(u64) -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Stream<Item = Result<u64, E>> + Send + 'static,
        E: fmt::Display,
    {
        self.with(Target::of_each(name.into(), warm))
    }

    /// Lets those warm whom `who` knows by the headers of a request: [`bearer`](crate::bearer), or as in
    /// [`allow_actions`](Self::allow_actions), which says who may where this is not set. It is shown no cookie, and
    /// requests that a browser sends from a page of another origin are refused.
    #[must_use]
    pub fn allow_warm(
        mut self,
        who: impl Fn(&HeaderMap) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.warm_who = Some(Arc::new(who));
        self
    }

    fn with(mut self, target: Target) -> Self {
        self.targets.retain(|known| known.name() != target.name());
        self.targets.push(target);
        self
    }

    /// The routes: the page, `/api/..` with the same as JSON, `/healthz`, `/readyz` and `/health`. They may be nested
    /// under any path, as all links are relative.
    pub fn router(&self) -> Router {
        let mut routes = Router::new()
            .route("/", get(first))
            .route("/health", get(probes::health))
            .route("/act", get(action::ask).post(action::act))
            .route("/warm", get(warm::list).post(warm::warm));
        for view in View::ALL {
            let page = async move |State(console): State<Self>, Asked(query), uri: Uri| {
                page::answer(&console, view, &query, uri.query()).await
            };
            let json = async move |State(console): State<Self>, Asked(query)| {
                page::json(&console, view, &query).await
            };
            let live =
                async move |State(console): State<Self>, headers: HeaderMap, Asked(query)| {
                    live::stream(console, view, query, &headers)
                };
            if view != View::Health {
                routes = routes.route(&format!("/{}", view.name()), get(page));
            }
            routes = routes
                .route(&format!("/api/{}", view.name()), get(json))
                .route(&format!("/live/{}", view.name()), get(live));
        }
        for asset in assets::ALL {
            routes = routes.route(asset.path, get(async move || asset));
        }
        let routes = routes.fallback(page::nothing_there);
        let is_named = from_fn_with_state(self.clone(), hosts::guard);
        routes
            .layer(is_named)
            // Whoever probes names an address that nobody else knows.
            .route("/healthz", get(probes::healthz))
            .route("/readyz", get(probes::readyz))
            .layer(map_response(headers::guard))
            .with_state(self.clone())
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// What is in Redis; none without.
    pub(crate) fn admin(&self) -> Option<&Admin> {
        self.shared.admin.as_ref()
    }

    pub(crate) fn is_outside(&self) -> bool {
        self.shared.is_outside
    }

    pub(crate) fn shows_values(&self) -> bool {
        self.shows_values
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.shared.streams
    }

    /// Held while all keys of the servers are walked over.
    pub(crate) fn search(&self) -> &Semaphore {
        &self.shared.search
    }

    pub(crate) fn known(&self) -> &Arc<Known> {
        &self.shared.fleet
    }

    pub(crate) fn changes(&self) -> Option<&Changes> {
        self.shared.changes.as_ref()
    }

    pub(crate) fn target(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name() == name)
    }

    pub(crate) fn target_names(&self) -> Vec<&str> {
        self.targets.iter().map(Target::name).collect()
    }

    /// The figures of this process, in all and of late.
    pub(crate) fn of_process(&self) -> (Stats, Lately) {
        let stats = self.cache().stats();
        let lately = self.shared.window.lock().look(&stats, Instant::now());
        (stats, lately)
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("cache", self.cache())
            .field("is_outside", &self.is_outside())
            .field("ready_needs_redis", &self.ready_needs_redis)
            .field("allows_actions", &self.actions.is_some())
            .field("shows_values", &self.shows_values)
            .field("hosts", &self.hosts)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

/// Goes on to the first view, by a path that is relative to the one that was asked for, with a slash at its end or not.
async fn first(OriginalUri(asked): OriginalUri) -> Response {
    let path = asked.path();
    let folder = path.rsplit('/').next().unwrap_or_default();
    let to = match folder {
        "" => View::Overview.name().to_owned(),
        folder => format!("{folder}/{}", View::Overview.name()),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}
