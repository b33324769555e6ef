//! What is asked for: prices, which are cached until somebody changes one.

use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::{self, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use cache_http::ResponseCache;
use cache_http::hints::Hints;
use cache_runtime::{Cache, cached};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::Service;
use crate::live::Live;
use crate::people::{Failed, User};

/// The ids that have a price.
const KNOWN: RangeInclusive<u32> = 1..=9;

/// A price in cents, and how often the database was asked for this one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Price {
    id: u32,
    cents: u32,
    loads: u32,
}

/// The database: a file that the processes of one machine share, of cents and how often they were asked for.
static DATABASE: OnceLock<Mutex<Connection>> = OnceLock::new();

/// Opens the database; to be called once, before anything is asked for.
pub(crate) fn open(file: &Path) -> rusqlite::Result<()> {
    let database = Connection::open(file)?;
    database.busy_timeout(Duration::from_secs(5))?;
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS price (id INTEGER PRIMARY KEY, cents INTEGER, loads INTEGER)",
    )?;
    for id in KNOWN {
        database.execute("INSERT OR IGNORE INTO price VALUES (?1, 100 * ?1, 0)", [id])?;
    }
    // An error is that it is open already.
    let _ = DATABASE.set(Mutex::new(database));
    Ok(())
}

/// Changes a row by this, and gives it.
async fn row(id: u32, change: &'static str) -> io::Result<Price> {
    let changed = tokio::task::spawn_blocking(move || {
        let database = DATABASE.get().ok_or(io::ErrorKind::NotConnected)?;
        let database = database.lock().unwrap_or_else(PoisonError::into_inner);
        let change = format!("UPDATE price SET {change} WHERE id = ?1 RETURNING cents, loads");
        let row = database.query_row(&change, [id], |row| {
            let (cents, loads) = (row.get(0)?, row.get(1)?);
            Ok(Price { id, cents, loads })
        });
        row.map_err(io::Error::other)
    });
    changed.await?
}

#[cached(ns = "price", key = "price:{id}", ttl = "1m", tags = ["price:{id}"])]
pub(crate) async fn price(id: u32) -> io::Result<Price> {
    sleep(Duration::from_millis(50)).await;
    row(id, "loads = loads + 1").await
}

/// Prices are the same for all who look: the cookie of a session changes nothing of them.
const COOKIE_OF_SESSIONS: [&str; 1] = ["id"];

pub(crate) fn routes(cache: &Cache) -> Router<Service> {
    // A response is kept for as long as the price that it is made of, and cleared by the same tag.
    let kept = Router::new()
        .route("/prices/{id}", get(show))
        .layer(
            Hints::new()
                .ignore_cookies(COOKIE_OF_SESSIONS)
                .tell_tags(true),
        )
        .layer(ResponseCache::new(cache).ignore_cookies(COOKIE_OF_SESSIONS));
    Router::new()
        .route("/prices/{id}/raise", post(raise))
        .route("/prices/{id}/purge", post(purge))
        .merge(kept)
}

fn known(id: u32) -> Result<u32, http::StatusCode> {
    KNOWN
        .contains(&id)
        .then_some(id)
        .ok_or(http::StatusCode::NOT_FOUND)
}

async fn show(extract::Path(id): extract::Path<u32>) -> axum::response::Result<Json<Price>> {
    Ok(Json(price(known(id)?).await.map_err(Failed::from)?))
}

/// Changes a price, and lets go of what was made of the old one, in all processes.
async fn raise(
    User(user): User,
    State(cache): State<Cache>,
    State(live): State<Live>,
    extract::Path(id): extract::Path<u32>,
) -> axum::response::Result<Json<Price>> {
    row(known(id)?, "cents = cents + 1")
        .await
        .map_err(Failed::from)?;
    clear(&cache, id).await?;
    // Told once nobody is shown the old one any more.
    let event = format!("{user} raised price {id}");
    live.tell(event).await.map_err(Failed::from)?;
    Ok(Json(price(id).await.map_err(Failed::from)?))
}

/// Lets go of what was made of a price, for who has changed it in the database by hand.
async fn purge(
    User(user): User,
    State(cache): State<Cache>,
    State(live): State<Live>,
    extract::Path(id): extract::Path<u32>,
) -> axum::response::Result<String> {
    clear(&cache, known(id)?).await?;
    let event = format!("{user} purged price {id}");
    live.tell(event).await.map_err(Failed::from)?;
    Ok(format!("price {id} is purged"))
}

/// Once it is `Ok`, no process of the fleet has an older one for long: this one not at all.
async fn clear(cache: &Cache, id: u32) -> Result<(), Failed> {
    let tag = format!("price:{id}");
    Ok(cache.tag(&tag).invalidate().await?)
}
