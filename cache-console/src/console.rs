//! The page of one cache, its options and its routes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{OriginalUri, Query as Asked, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cache_runtime::{Cache, CacheError, FleetStats, Stats};
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, Semaphore};

use crate::action::{self, Actions};
use crate::view::View;
use crate::window::{Lately, Window};
use crate::{assets, headers, live, page, probes};

/// How many pages are kept up to date at a time; others show figures as they were when they were opened.
const STREAMS: usize = 32;

/// How long what the fleet has published is told of before it is read from Redis again.
const FLEET_FOR: Duration = Duration::from_secs(1);

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
}

struct Shared {
    cache: Cache,
    window: Mutex<Window>,
    streams: Arc<Semaphore>,
    /// Held while Redis is asked, so that pages which are open at once ask once.
    fleet: Turn<Option<(Instant, Fleet)>>,
}

/// What came of asking for the figures of the fleet.
pub(crate) type Fleet = Arc<Result<FleetStats, CacheError>>;

impl Console {
    /// The page of a cache. It shows and changes nothing: see [`allow_actions`](Self::allow_actions).
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        let window = Mutex::new(Window::new(&cache.stats(), Instant::now()));
        let shared = Shared {
            cache: cache.clone(),
            window,
            streams: Arc::new(Semaphore::new(STREAMS)),
            fleet: Turn::default(),
        };
        Self {
            shared: Arc::new(shared),
            ready_needs_redis: false,
            actions: None,
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

    /// Lets those invalidate and expire tags and namespaces whom `who` knows by the headers of a request: it gives their
    /// name, which the log has with what they did, or `None` for whoever may not.
    ///
    /// The page believes `who`. Where a proxy or a layer in front authenticates, it reads the header that this one sets,
    /// and nobody else must be able to reach the page. Besides, an action needs a token that only the page has, bound to
    /// a cookie and to the name, and a request of the page's own origin. Tokens are of this process: behind a balancer a
    /// form is to be sent to the process that made it.
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

    /// The routes: the page, `/api/..` with the same as JSON, `/healthz`, `/readyz` and `/health`. They may be nested
    /// under any path, as all links are relative.
    pub fn router(&self) -> Router {
        let mut routes = Router::new()
            .route("/", get(first))
            .route("/healthz", get(probes::healthz))
            .route("/readyz", get(probes::readyz))
            .route("/health", get(probes::health))
            .route("/act", get(action::ask).post(action::act));
        for view in View::ALL {
            let page = async move |State(console): State<Self>, Asked(query), uri: Uri| {
                page::answer(&console, view, &query, uri.query()).await
            };
            let json = async move |State(console): State<Self>, Asked(query)| {
                page::json(&console, view, &query).await
            };
            let live = async move |State(console): State<Self>, Asked(query)| {
                live::stream(console, view, query)
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
        routes
            .layer(map_response(headers::guard))
            .with_state(self.clone())
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.shared.streams
    }

    /// The figures of this process, in all and of late.
    pub(crate) fn figures(&self) -> (Stats, Lately) {
        let stats = self.cache().stats();
        let lately = self.shared.window.lock().look(&stats, Instant::now());
        (stats, lately)
    }

    /// The figures of the fleet, as they were at most a second ago.
    pub(crate) async fn fleet(&self) -> Fleet {
        let mut known = self.shared.fleet.lock().await;
        if let Some((at, fleet)) = &*known
            && at.elapsed() < FLEET_FOR
        {
            return Arc::clone(fleet);
        }
        let fleet = Arc::new(self.cache().fleet_stats().await);
        *known = Some((Instant::now(), Arc::clone(&fleet)));
        fleet
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("cache", self.cache())
            .field("ready_needs_redis", &self.ready_needs_redis)
            .field("allows_actions", &self.actions.is_some())
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
