//! One row, from the servers' start to what is to be said of it.

use std::io;
use std::time::{Duration, Instant};

use cache_runtime::{Cache, CacheError};
use tokio::time::sleep;

use super::arguments::Spans;
use super::driver::{Driver, Ids};
use super::row::Row;
use super::scene::Scene;
use super::sites;
use super::verdict::{OP_TIMEOUT, Outcome};

/// How many entries are read of each function whose entries must be at certain nodes.
const IDS: usize = 8;

/// They are looked for from here on, and from there on.
const STRICT_FROM: u64 = 100;
const ELSEWHERE_FROM: u64 = 1_000;

/// How often what strikes again and again does.
const STRIKES_EVERY: Duration = Duration::from_millis(100);

/// How long hits are waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Plays a row.
///
/// # Errors
///
/// If the servers don't do what they must for the row to say anything, or no cache can be built.
pub(super) async fn play(row: Row, spans: &Spans) -> io::Result<Outcome> {
    let mut scene = Scene::start(row).await?;
    let cache = cache(&scene).map_err(io::Error::other)?;
    let ids = cache.scope(async { ids(&scene) }).await;
    let driver = Driver::start(cache, ids);
    sleep(spans.before).await;

    driver.strike();
    let struck = Instant::now();
    scene.strike().await?;
    while scene.lasts() && struck.elapsed() < spans.during {
        scene.strike_again().await?;
        sleep(STRIKES_EVERY).await;
    }
    scene.mend().await?;
    let away = struck.elapsed();
    let recovered = recovery(&driver).await;
    scene.tidy().await?;
    sleep(spans.after).await;

    let troubles = driver.troubles();
    let (tally, loads) = driver.stop().await?;
    Ok(Outcome {
        tally,
        loads,
        away,
        recovered,
        troubles,
    })
}

fn cache(scene: &Scene) -> Result<Cache, CacheError> {
    Cache::builder()
        .url(scene.url())
        .op_timeout(OP_TIMEOUT)
        .build()
}

fn ids(scene: &Scene) -> Ids {
    let is_struck = |id: &u64| scene.strikes(&sites::strict_key(*id));
    let is_elsewhere = |id: &u64| !scene.strikes(&sites::elsewhere_key(*id));
    Ids {
        strict: (STRICT_FROM..).filter(is_struck).take(IDS).collect(),
        elsewhere: match scene {
            Scene::Cluster(_) => (ELSEWHERE_FROM..).filter(is_elsewhere).take(IDS).collect(),
            _ => Vec::new(),
        },
    }
}

/// How long it takes until a hit comes from Redis.
async fn recovery(driver: &Driver) -> Option<Duration> {
    let (start, hits) = (Instant::now(), driver.redis_hits());
    while start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(1)).await;
        if driver.redis_hits() > hits {
            return Some(start.elapsed());
        }
    }
    None
}
