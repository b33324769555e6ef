//! A web service with logins, limits, cached prices and live events; see `README.md` beside this file.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program talks to a person"
)]

mod live;
mod page;
mod people;
mod prices;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, FromRef};
use axum::routing::get;
use cache_http::limit::{RateLimit, network};
use cache_http::session::SessionStore;
use cache_runtime::Cache;
use cache_toolkit::Limiter;
use http::request::Parts;
use tokio::net::TcpListener;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as Days;
use tower_sessions::{Expiry, SessionManagerLayer};

use live::Live;

/// What handlers ask for.
#[derive(Clone, FromRef)]
struct Service {
    cache: Cache,
    sessions: SessionStore,
    live: Live,
}

/// Requests from outside pass the layers from the last to the first.
fn app(service: Service, limit: RateLimit, is_secure: bool) -> Router {
    let sessions = SessionManagerLayer::new(service.sessions.clone())
        .with_secure(is_secure)
        .with_http_only(true)
        // With it no page elsewhere can post a form here in its visitor's name.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Days::days(30)));
    let limited = Router::new()
        .route("/", get(page::page))
        .merge(people::routes())
        .merge(prices::routes(&service.cache))
        .layer(limit);
    // A page asks for its events once, and again after each break: that is not counted.
    let events = Router::new().route("/live", get(live::events));
    limited.merge(events).layer(sessions).with_state(service)
}

/// 100 in a minute by user; who is not logged in, by address.
fn limit(cache: &Cache) -> Result<RateLimit, Box<dyn Error>> {
    let limiter = Limiter::gcra(cache, "gateway", 100, Duration::from_secs(60))?;
    // Behind a proxy this is the proxy's: see `cache_http::limit::TrustedProxies`.
    let address = |parts: &Parts| {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(network(peer.ip()))
    };
    Ok(RateLimit::new(limiter).by_user().by(address))
}

fn port() -> Result<u16, String> {
    let Ok(port) = std::env::var("PORT") else {
        return Ok(3_002);
    };
    let wrong =
        |_| format!("PORT is {port:?}: give a number up to 65535, or leave it out for 3002");
    port.parse().map_err(wrong)
}

async fn listen(port: u16) -> Result<TcpListener, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|error| {
        format!("nobody can be served on port {port}: {error}; give another one by PORT")
    })
}

fn open_prices() -> Result<(), String> {
    let file = std::env::var_os("DATABASE").map(PathBuf::from);
    let file = file.unwrap_or_else(|| std::env::temp_dir().join("gateway.db"));
    prices::open(&file).map_err(|error| {
        let file = file.display();
        format!(
            "{file} can't hold the prices: {error}; give a file that may be written by DATABASE"
        )
    })
}

async fn run() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    open_prices()?;
    // Reads CACHE_URL and its like; without them everything stays in this process's memory.
    let cache = Cache::from_env()?;
    cache.install()?;
    let service = Service {
        sessions: SessionStore::new(&cache),
        live: Live::new(&cache),
        cache: cache.clone(),
    };
    tokio::spawn(service.live.clone().listen());
    // A browser sends a secure cookie over TLS alone: say `SECURE=1` where a proxy has it.
    let is_secure = std::env::var_os("SECURE").is_some();
    let app = app(service, limit(&cache)?, is_secure);
    let listener = listen(port()?).await?;
    println!("open http://{}", listener.local_addr()?);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        () = stop => {}
    }
    cache.close().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}
