//! The same commands and scripts, on one connection of the Redis client.

use std::hint::black_box;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, cmd};

use super::{NAMES, PATIENCE, Work};
use crate::tasks::{Calls, boxed};

/// A day, in microseconds and in milliseconds.
const DAY: &str = "86400000000";
const DAY_MS: &str = "86400000";

/// What `top` and `around` give.
type Rows = (u64, u64, u64, Vec<(String, f64)>);

pub(super) async fn connect(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(format!("{url}?protocol=resp3")).expect("a url");
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
    let connection = client.get_multiplexed_async_connection_with_config(&patient);
    connection.await.expect("a connection")
}

/// Repeats commands with the next name, and reads each answer as this type.
fn work<T: FromRedisValue + Send>(
    connection: &MultiplexedConnection,
    commands: impl Fn(u64, u64) -> Vec<Cmd> + Clone + Send + 'static,
) -> Work {
    let connection = connection.clone();
    Box::new(move |calls: Calls| {
        let (mut connection, commands) = (connection.clone(), commands.clone());
        boxed(async move {
            for id in calls.ids(NAMES) {
                for command in commands(calls.task(), id) {
                    let answer = command.query_async(&mut connection).await;
                    black_box::<T>(answer.expect("an answer"));
                }
            }
        })
    })
}

/// A script that the server knows by now.
async fn script(connection: &MultiplexedConnection, code: &str) -> String {
    let mut load = cmd("SCRIPT");
    load.arg("LOAD").arg(code);
    let loaded = load.query_async(&mut connection.clone()).await;
    loaded.expect("a script's hash")
}

fn run(hash: &str, keys: &[String], words: &[&str]) -> Cmd {
    let mut run = cmd("EVALSHA");
    run.arg(hash).arg(keys.len()).arg(keys).arg(words);
    run
}

/// Each with its name, and the command that is counted.
pub(super) async fn all(
    connection: &MultiplexedConnection,
) -> Vec<(&'static str, &'static str, Work)> {
    let mut all = Vec::new();
    let limits = [
        (
            "fixed_window",
            include_str!("../../../cache-toolkit/src/limit/fixed_window.lua"),
            "1000000",
            DAY,
        ),
        (
            "sliding_log",
            include_str!("../../../cache-toolkit/src/limit/sliding_log.lua"),
            "10000",
            "1000000",
        ),
        (
            "sliding_counter",
            include_str!("../../../cache-toolkit/src/limit/sliding_counter.lua"),
            "1000000",
            DAY,
        ),
        (
            "gcra",
            include_str!("../../../cache-toolkit/src/limit/gcra.lua"),
            "1000000",
            DAY,
        ),
    ];
    for (name, code, limit, period) in limits {
        let hash = script(connection, code).await;
        let check = move |task, id| {
            let key = format!("hand:{name}:{id}");
            let unique = format!("{task}:{}", black_box(rand_like(id)));
            vec![run(&hash, &[key], &[limit, period, "1", &unique])]
        };
        all.push((name, "evalsha", work::<[i64; 4]>(connection, check)));
    }
    all.push(("lock", "evalsha", lock(connection).await));
    all.extend(counters_and_sets(connection).await);
    all.extend(boards_and_places(connection).await);
    all
}

/// Something that tells entries of one microsecond apart.
fn rand_like(id: u64) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(id)
}

async fn lock(connection: &MultiplexedConnection) -> Work {
    let take = script(
        connection,
        include_str!("../../../cache-toolkit/src/lock/take.lua"),
    )
    .await;
    let release = script(
        connection,
        include_str!("../../../cache-toolkit/src/lock/release.lua"),
    )
    .await;
    work::<redis::Value>(connection, move |task, id| {
        let [lock, fence] = ["lock", "fence"].map(|kind| format!("hand:{kind}:{{{task}:{id}}}"));
        let token = format!("{:032x}", rand_like(id));
        vec![
            run(
                &take,
                &[lock.clone(), fence],
                &[&token, "10000", "2592000000"],
            ),
            run(&release, &[lock], &[&token]),
        ]
    })
}

async fn counters_and_sets(
    connection: &MultiplexedConnection,
) -> [(&'static str, &'static str, Work); 4] {
    let keep = script(
        connection,
        include_str!("../../../cache-toolkit/src/keep.lua"),
    )
    .await;
    let counter = |_, id| {
        let mut add = cmd("INCRBY");
        add.arg(format!("hand:counter:{id}")).arg(1);
        vec![add]
    };
    let with_ttl = move |_, id| {
        let key = format!("hand:short:{id}");
        vec![run(&keep, &[key], &[DAY_MS, "INCRBY", "1"])]
    };
    let of_set = |command: &'static str| {
        move |_, id: u64| {
            let mut of_set = cmd(command);
            of_set.arg("hand:set").arg(id);
            vec![of_set]
        }
    };
    [
        ("counter", "incrby", work::<i64>(connection, counter)),
        (
            "counter_with_ttl",
            "evalsha",
            work::<i64>(connection, with_ttl),
        ),
        ("set_add", "sadd", work::<i64>(connection, of_set("SADD"))),
        (
            "set_contains",
            "sismember",
            work::<bool>(connection, of_set("SISMEMBER")),
        ),
    ]
}

async fn boards_and_places(
    connection: &MultiplexedConnection,
) -> [(&'static str, &'static str, Work); 4] {
    let page = script(
        connection,
        include_str!("../../../cache-toolkit/src/leaderboard/page.lua"),
    )
    .await;
    let around = script(
        connection,
        include_str!("../../../cache-toolkit/src/leaderboard/around.lua"),
    )
    .await;
    let mut fill = redis::pipe();
    for id in 0..NAMES {
        let degrees = id as f64 / NAMES as f64;
        fill.cmd("ZADD")
            .arg("hand:board")
            .arg(id * 37 % 1_000)
            .arg(id)
            .ignore();
        let put = fill.cmd("GEOADD").arg("hand:places").arg(degrees);
        put.arg(degrees).arg(id).ignore();
    }
    let filled = fill.query_async::<()>(&mut connection.clone()).await;
    filled.expect("an answer");
    let board = || ["hand:board".to_owned()];
    let add = |_, id: u64| {
        let mut add = cmd("ZINCRBY");
        add.arg("hand:board").arg(1).arg(id);
        vec![add]
    };
    let top = move |_, _| vec![run(&page, &board(), &["0", "10"])];
    let around = move |_, id: u64| vec![run(&around, &board(), &[&id.to_string(), "2"])];
    let near = |_, _| {
        let mut near = cmd("GEOSEARCH");
        near.arg("hand:places").arg("FROMLONLAT").arg(0.5).arg(0.5);
        near.arg("BYRADIUS").arg(5_000).arg("m").arg("ASC");
        near.arg("COUNT").arg(10).arg("WITHDIST").arg("WITHCOORD");
        vec![near]
    };
    [
        ("board_add", "zincrby", work::<f64>(connection, add)),
        ("board_top_10", "evalsha", work::<Rows>(connection, top)),
        ("board_around", "evalsha", work::<Rows>(connection, around)),
        (
            "places_near",
            "geosearch",
            work::<Vec<(String, f64, (f64, f64))>>(connection, near),
        ),
    ]
}
