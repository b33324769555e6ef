//! Row 36: counters, sets, leaderboards and places; in Redis, and in this process alike.

use std::collections::BTreeSet;
use std::time::Duration;

use cache_runtime::Cache;
use cache_toolkit::{Counter, Leaderboard, Point, Standing, Toolkit as _, ToolkitError};

use crate::{server, until_so};

const MINUTE: Duration = Duration::from_secs(60);

async fn counters(cache: &Cache) {
    let visits = cache.counter("visits");
    assert_eq!(visits.get().await, Ok(0));
    assert_eq!(visits.add(1).await, Ok(1));
    assert_eq!(visits.add(41).await, Ok(42));
    assert_eq!(visits.add(-2).await, Ok(40));
    assert_eq!(visits.get().await, Ok(40));
    assert_eq!(visits.reset().await, Ok(true));
    assert_eq!(visits.reset().await, Ok(false));
    assert_eq!(visits.get().await, Ok(0));

    // Exact to the end of the range, with a lifetime and without.
    for counter in [cache.counter("large"), cache.counter("short").ttl(MINUTE)] {
        assert_eq!(counter.add(i64::MAX - 1).await, Ok(i64::MAX - 1));
        assert_eq!(counter.add(1).await, Ok(i64::MAX));
        assert_eq!(counter.add(1).await, Err(ToolkitError::Overflow));
        assert_eq!(counter.get().await, Ok(i64::MAX), "it stays as it is");
    }

    let all: Vec<Counter> = (0..100)
        .map(|n| cache.counter(format!("page {n}")))
        .collect();
    let steps: Vec<_> = all.iter().zip(1_i64..).collect();
    let added = Counter::add_all(&steps).await;
    assert!(added.into_iter().zip(1..).all(|(added, n)| added == Ok(n)));
    let read = Counter::get_all(&all.iter().collect::<Vec<_>>()).await;
    assert!(read.into_iter().zip(1..).all(|(read, n)| read == Ok(n)));
}

async fn sets(cache: &Cache) {
    let online = cache.set::<String>("online");
    assert_eq!(online.add("ada").await, Ok(true));
    assert_eq!(online.add("ada").await, Ok(false));
    assert_eq!(online.contains("ada").await, Ok(true));
    assert_eq!(online.contains("bob").await, Ok(false));
    assert_eq!(online.remove("ada").await, Ok(true));
    assert_eq!(online.remove("ada").await, Ok(false));
    assert_eq!(online.len().await, Ok(0));

    let numbers = cache.set::<u64>("numbers");
    let all: BTreeSet<u64> = (0..2_500).collect();
    assert_eq!(numbers.add_all(&all).await, Ok(2_500));
    assert_eq!(numbers.len().await, Ok(2_500));
    let (mut pages, mut members, mut seen) = (0, numbers.members().page_size(100), BTreeSet::new());
    while let Some(page) = members.next_page().await.unwrap() {
        pages += 1;
        assert!(page.len() < 1_000, "{}", page.len());
        seen.extend(page);
    }
    assert!(pages > 10, "{pages}");
    assert_eq!(seen, all);
    let once = numbers.members().all(2_500).await.unwrap();
    assert_eq!(once.len(), 2_500);
    assert_eq!(once.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(
        numbers.members().all(2_499).await,
        Err(ToolkitError::TooMany { at_most: 2_499 })
    );
    assert_eq!(numbers.clear().await, Ok(true));
    assert_eq!(numbers.members().all(0).await, Ok(vec![]));
}

/// Member, score, rank and place.
fn rows(standings: &[Standing<String>]) -> Vec<(&str, f64, u64, u64)> {
    let row = |row: &Standing<String>| (row.score, row.rank, row.place);
    let rows = standings
        .iter()
        .map(|standing| (&*standing.member, row(standing)));
    rows.map(|(member, (score, rank, place))| (member, score, rank, place))
        .collect()
}

async fn leaderboards(cache: &Cache) {
    let board: Leaderboard<String> = cache.leaderboard("week 32");
    assert_eq!(board.top(10).await, Ok(vec![]));
    assert_eq!(board.rank("ada").await, Ok(None));
    assert_eq!(board.add("ada", 10.0).await, Ok(10.0));
    assert_eq!(board.add("ada", 2.5).await, Ok(12.5));
    assert_eq!(board.set("bob", 20.0).await, Ok(true));
    assert_eq!(board.set("bob", 10.0).await, Ok(false));
    assert_eq!(board.set_if_higher("cyd", 10.0).await, Ok(true));
    assert_eq!(board.set_if_higher("cyd", 9.0).await, Ok(false));
    assert_eq!(board.set_if_higher("cyd", 10.0).await, Ok(false));
    assert_eq!(board.set("dan", 1.0).await, Ok(true));
    assert_eq!(board.score("bob").await, Ok(Some(10.0)));
    assert_eq!(board.score("eve").await, Ok(None));
    assert_eq!(board.len().await, Ok(4));

    // Of one score each has a rank of its own, and they share a place.
    let all = board.top(10).await.unwrap();
    let expected = [
        ("ada", 12.5, 1, 1),
        ("cyd", 10.0, 2, 2),
        ("bob", 10.0, 3, 2),
        ("dan", 1.0, 4, 4),
    ];
    assert_eq!(rows(&all), expected);
    assert_eq!(rows(&board.page(2, 2).await.unwrap()), expected[2..]);
    assert_eq!(rows(&board.page(1, 1).await.unwrap()), expected[1..2]);
    assert_eq!(rows(&board.page(4, 9).await.unwrap()), []);
    assert_eq!(rows(&board.page(u64::MAX, 9).await.unwrap()), []);
    assert_eq!(rows(&board.top(0).await.unwrap()), []);
    assert_eq!(rows(&board.around("bob", 1).await.unwrap()), expected[1..]);
    assert_eq!(rows(&board.around("ada", 2).await.unwrap()), expected[..3]);
    assert_eq!(rows(&board.around("eve", 2).await.unwrap()), []);
    let bob = board.rank("bob").await.unwrap().unwrap();
    assert_eq!((bob.rank, bob.place, bob.score), (3, 2, 10.0));
    assert_eq!(board.remove("ada").await, Ok(true));
    assert_eq!(board.remove("ada").await, Ok(false));
    assert_eq!(board.rank("bob").await.unwrap().unwrap().rank, 2);

    // The largest whole number, and the smallest step.
    let exact = cache.leaderboard::<u64>("exact");
    let largest = 9_007_199_254_740_992.0;
    exact.set(&1, largest).await.unwrap();
    exact.set(&2, largest - 1.0).await.unwrap();
    exact.set(&3, -0.1 - 0.2).await.unwrap();
    let scores: Vec<f64> = exact
        .top(9)
        .await
        .unwrap()
        .iter()
        .map(|row| row.score)
        .collect();
    assert_eq!(scores, [largest, largest - 1.0, -0.1 - 0.2]);
}

async fn places(cache: &Cache) {
    // The points and figures of Redis's own documentation.
    let shops = cache.places::<String>("Sicily");
    let [palermo, catania] = [(13.361_389, 38.115_556), (15.087_269, 37.502_669)];
    let point = |(lon, lat)| Point::new(lon, lat);
    assert_eq!(shops.put("Palermo", point(palermo)).await, Ok(true));
    assert_eq!(shops.put("Catania", point(catania)).await, Ok(true));
    assert_eq!(shops.put("Catania", point(catania)).await, Ok(false));
    assert_eq!(shops.len().await, Ok(2));
    let apart = shops.distance("Palermo", "Catania").await.unwrap().unwrap();
    assert!((apart - 166_274.151_6).abs() < 0.001, "{apart}");
    assert_eq!(shops.distance("Palermo", "Rome").await, Ok(None));
    let stored = shops.get("Palermo").await.unwrap().unwrap();
    assert!(
        (stored.lon - 13.361_389_338_970_184).abs() < 1e-12,
        "{stored:?}"
    );
    assert!(
        (stored.lat - 38.115_556_395_496_3).abs() < 1e-12,
        "{stored:?}"
    );
    assert_eq!(shops.get("Rome").await, Ok(None));

    let here = Point::new(15.0, 37.0);
    let near = shops.near(here, 200_000.0, 10).await.unwrap();
    let names: Vec<_> = near.iter().map(|found| &*found.member).collect();
    assert_eq!(names, ["Catania", "Palermo"]);
    assert!((near[0].distance - 56_441.257_8).abs() < 0.001, "{near:?}");
    assert!((near[1].distance - 190_442.429_8).abs() < 0.001, "{near:?}");
    assert_eq!(near[1].point, stored);
    assert_eq!(shops.near(here, 100_000.0, 10).await.unwrap().len(), 1);
    assert_eq!(shops.near(here, 200_000.0, 1).await.unwrap().len(), 1);
    assert_eq!(shops.near(here, 1.0, 1).await.unwrap(), []);
    let wide = shops
        .within(here, (400_000.0, 400_000.0), 10)
        .await
        .unwrap();
    assert_eq!(wide.len(), 2);
    // Catania is 55.9 km to the north, and 7.7 km to the east.
    for (size, count) in [
        ((20_000.0, 120_000.0), 1),
        ((10_000.0, 120_000.0), 0),
        ((20_000.0, 100_000.0), 0),
    ] {
        let inside = shops.within(here, size, 10).await.unwrap();
        assert_eq!(inside.len(), count, "{size:?} {inside:?}");
    }
    assert_eq!(shops.remove("Catania").await, Ok(true));
    assert_eq!(shops.remove("Catania").await, Ok(false));
    assert_eq!(shops.clear().await, Ok(true));
    assert_eq!(shops.near(here, 200_000.0, 10).await.unwrap(), []);
}

async fn lifetimes(cache: &Cache) {
    let short = Duration::from_millis(300);
    let counter = cache.counter("short lived").ttl(short);
    let set = cache.set::<u64>("short lived").ttl(short);
    let board = cache.leaderboard::<u64>("short lived").ttl(short);
    let places = cache.places::<u64>("short lived").ttl(short);
    // They go on being written to, which does not prolong them.
    until_so(async || {
        board.add(&1, 1.0).await.unwrap();
        set.add(&1).await.unwrap();
        places.put(&1, Point::new(0.0, 0.0)).await.unwrap();
        counter.add(1).await.unwrap() == 2
    })
    .await;
    let mut seen = [false; 4];
    until_so(async || {
        seen[0] |= counter.add(1).await.unwrap() == 1;
        seen[1] |= set.add(&1).await.unwrap();
        seen[2] |= board.add(&1, 1.0).await.unwrap() == 1.0;
        seen[3] |= places.put(&1, Point::new(0.0, 0.0)).await.unwrap();
        seen == [true; 4]
    })
    .await;
}

async fn all(cache: &Cache) {
    counters(cache).await;
    sets(cache).await;
    leaderboards(cache).await;
    places(cache).await;
    lifetimes(cache).await;
}

#[tokio::test]
async fn row_36_on_one_server() {
    let (_server, cache) = server().await;
    all(&cache).await;
}

#[tokio::test]
async fn row_36_in_this_process_alone() {
    all(&Cache::memory()).await;
}

#[tokio::test]
async fn row_36_behind_sentinels_and_on_a_cluster() {
    let (sentinels, cluster) = tokio::join!(
        cache_tests::Sentinels::start(),
        cache_tests::Cluster::start()
    );
    let (sentinels, cluster) = (sentinels.unwrap(), cluster.unwrap());
    for url in [sentinels.url(), cluster.url()] {
        all(&crate::connected(&url).await).await;
    }
}

#[tokio::test]
async fn a_lifetime_is_set_with_the_first_step_and_once() {
    let (server, cache) = server().await;
    let ttl = async |name: &str| {
        let ttl = server.run(&["PTTL", name]).await.unwrap();
        redis::from_redis_value::<i64>(ttl).unwrap()
    };
    let key = "cache:k:counter:{visits}";
    let hour = cache.counter("visits").ttl(60 * MINUTE);
    hour.add(1).await.unwrap();
    assert!((3_590_000..=3_600_000).contains(&ttl(key).await));
    server.run(&["PEXPIRE", key, "60000"]).await.unwrap();
    hour.add(1).await.unwrap();
    assert!(ttl(key).await <= 60_000, "it is not begun again");
    // One that was written to without a lifetime, as by an older build, gets one.
    server.run(&["PERSIST", key]).await.unwrap();
    hour.add(1).await.unwrap();
    assert!(ttl(key).await > 3_500_000);
}

#[tokio::test]
async fn many_counters_are_under_way_at_once() {
    let (server, cache) = server().await;
    let counters: Vec<Counter> = (0..50).map(|n| cache.counter(format!("{n}"))).collect();
    let steps: Vec<_> = counters.iter().map(|counter| (counter, 1)).collect();
    // How often the server has read from a socket: of what comes in one round trip once or a few times.
    let reads = async || {
        let info = server.run(&["INFO", "stats"]).await.unwrap();
        let info: String = redis::from_redis_value(info).unwrap();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("total_reads_processed:"));
        line.unwrap().parse::<u64>().unwrap()
    };
    let before = reads().await;
    let added = Counter::add_all(&steps).await;
    let reads = reads().await - before;
    assert!(added.iter().all(|added| *added == Ok(1)));
    assert!(reads < 25, "{reads}");
}

#[tokio::test]
async fn rank_score_and_neighbours_are_of_one_moment() {
    let (_server, cache) = server().await;
    let board = cache.leaderboard::<u64>("moving");
    for member in 0..200_u64 {
        board.set(&member, member as f64).await.unwrap();
    }
    let mover = tokio::spawn({
        let board = board.clone();
        async move {
            for n in 0..3_000_u64 {
                board
                    .set(&100, ((n * 37) % 400) as f64 + 0.5)
                    .await
                    .unwrap();
            }
        }
    });
    let mut looks = 0;
    while !mover.is_finished() {
        let around = board.around(&100, 3).await.unwrap();
        assert_eq!(around.iter().filter(|row| row.member == 100).count(), 1);
        for pair in around.windows(2) {
            assert_eq!(pair[1].rank, pair[0].rank + 1, "{around:?}");
            assert!(pair[0].score >= pair[1].score, "{around:?}");
        }
        looks += 1;
    }
    mover.await.unwrap();
    assert!(looks > 10, "{looks}");
}
