//! What many callers ask of a script together, each is answered as if it had asked alone.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use cache_tests::Server;
use futures_util::future::join_all;

use super::{names, unlink, up};
use crate::redis::terms::answers::LeaseReply;
use crate::redis::{Fault, FillAsk, Filled, LeaseAsk, Leased, StampAsk, Topology};

/// More than one call of a script takes.
const MANY: u8 = 100;

const THEIRS: &[u8; 16] = b"their token, 16.";

/// Even in its first byte, as those of loads are.
fn token(of: u8) -> [u8; 16] {
    let mut token = [of; 16];
    token[0] = 2;
    token
}

fn entry(of: u8) -> String {
    format!("{{{of}}}")
}

fn frame(of: u8) -> Vec<u8> {
    [b"CACHE\0\0\0".as_slice(), &token(of), b"payload"].concat()
}

async fn lease(link: &Topology, of: u8, token: [u8; 16]) -> Result<LeaseReply, Fault> {
    let ask = LeaseAsk {
        lease: &format!("{}:lease", entry(of)),
        entry: &entry(of),
        token: &token,
        ttl_ms: 60_000,
        invalid_id: b"",
        share: false,
    };
    let stamp = |name| StampAsk {
        name,
        fresh: [of; 16],
        need_ms: 1_000 + u64::from(of),
    };
    link.lease(&ask, &[stamp("all"), stamp("foreign")]).await
}

async fn fill(link: &Topology, of: u8) -> Result<bool, Fault> {
    let ask = FillAsk {
        lease: &format!("{}:lease", entry(of)),
        entry: &entry(of),
        token: &token(of),
        frame: &frame(of),
        ttl_ms: 60_000,
        claimed: None,
    };
    Ok(matches!(link.fill(&ask).await?, Filled::Stored(_)))
}

/// Together, as a batch asks.
async fn leases(link: &Topology) -> Vec<Result<LeaseReply, Fault>> {
    let holds = link.hold_calls();
    let asked = join_all((0..MANY).map(|of| lease(link, of, token(of))));
    held(asked, holds).await
}

async fn fills(link: &Topology) -> Vec<Result<bool, Fault>> {
    let holds = link.hold_calls();
    held(join_all((0..MANY).map(|of| fill(link, of))), holds).await
}

/// Asks for all before the first is answered.
async fn held<T>(asked: impl Future<Output = T>, holds: impl Sized) -> T {
    let mut asked = pin!(asked);
    let begun = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending()));
    assert!(begun.await);
    drop(holds);
    asked.await
}

async fn scripts(server: &Server) -> u32 {
    let info = server.command(&[b"INFO", b"commandstats"]).await.unwrap();
    let text: String = redis::from_redis_value(info).unwrap();
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with("cmdstat_evalsha:"));
    let calls = line.and_then(|line| line.split(['=', ',']).nth(1));
    calls.map_or(0, |calls| calls.parse().unwrap())
}

#[tokio::test]
async fn what_is_asked_together_takes_few_calls() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let replies = leases(&link).await;
    // A third of them goes into a call, and of all stamps there are two.
    assert_eq!(scripts(&server).await, 4 + 1);
    let first = replies[0].as_ref().unwrap().stamps.clone();
    for reply in replies {
        let reply = reply.unwrap();
        assert_eq!((reply.leased, reply.writes), (Ok(Leased::Acquired), 1));
        let made = |at: usize| (reply.stamps[at].stamp, reply.stamps[at].writes);
        assert_eq!([made(0), made(1)], [0, 1].map(|at| (first[at].stamp, 1)));
    }
    let left: i64 = redis::from_redis_value(server.run(&["PTTL", "all"]).await.unwrap()).unwrap();
    assert!(
        (2_050..=2_198).contains(&left),
        "{left}: twice the longest need"
    );
    assert!(
        fills(&link)
            .await
            .into_iter()
            .all(|stored| stored == Ok(true))
    );
    assert_eq!(scripts(&server).await, 5 + 4);
    for of in 0..MANY {
        let found = link.read([entry(of).into()].into_iter().collect()).await;
        assert_eq!(found.unwrap().values(), [Some(frame(of))]);
    }
}

#[tokio::test]
async fn what_becomes_of_one_is_nothing_to_the_others() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    for foreign in ["foreign", "{1}:lease", "{2}"] {
        server.run(&["RPUSH", foreign, "item"]).await.unwrap();
    }
    server.command(&[b"SET", b"{3}", &frame(77)]).await.unwrap();
    let theirs = lease(&link, 4, *THEIRS).await.unwrap();
    assert_eq!(theirs.leased, Ok(Leased::Acquired));
    for (of, reply) in (0..MANY).zip(leases(&link).await) {
        let reply = reply.unwrap();
        match of {
            1 => assert_eq!(reply.leased, Err(Fault::WrongType)),
            3 => assert_eq!(reply.leased, Ok(Leased::Entry(frame(77)))),
            4 => assert!(matches!(reply.leased, Ok(Leased::Held { .. }))),
            _ => assert_eq!(reply.leased, Ok(Leased::Acquired), "{of}"),
        }
        assert!(reply.stamps[0].stamp.is_some());
        assert_eq!(reply.stamps[1].refused, Some(Fault::WrongType));
    }
    unlink(&link, names(["{5}:lease", "{5}"])).await.unwrap();
    for (of, stored) in (0..MANY).zip(fills(&link).await) {
        assert_eq!(stored, Ok(![1, 3, 4, 5].contains(&of)), "{of}");
    }
    for (foreign, kind) in [
        ("foreign", "list"),
        ("{1}:lease", "list"),
        ("{2}", "string"),
    ] {
        let found = server.run(&["TYPE", foreign]).await.unwrap();
        assert_eq!(redis::from_redis_value::<String>(found).unwrap(), kind);
    }
    let left = server.run(&["EXISTS", "{5}"]).await.unwrap();
    assert_eq!(left, redis::Value::Int(0), "it was invalidated");
}

#[tokio::test]
async fn where_memory_is_full_what_is_there_is_told_and_what_is_not_is_refused() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    lease(&link, 0, *THEIRS).await.unwrap();
    server.run(&["DEL", "foreign"]).await.unwrap();
    server
        .run(&["CONFIG", "SET", "maxmemory", "1"])
        .await
        .unwrap();
    for (of, reply) in (0..MANY).zip(leases(&link).await) {
        let reply = reply.unwrap();
        match of {
            0 => assert!(matches!(reply.leased, Ok(Leased::Held { .. }))),
            _ => assert_eq!(reply.leased, Err(Fault::OutOfMemory)),
        }
        assert!(reply.stamps[0].stamp.is_some(), "it was there");
        assert_eq!(reply.stamps[1].refused, Some(Fault::OutOfMemory));
    }
}

/// Of two that want the lease of one entry at once one has it, though they asked together.
#[tokio::test]
async fn of_two_who_ask_for_one_entry_together_one_has_it() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let holds = link.hold_calls();
    let both = join_all([token(1), *THEIRS].map(|token| lease(&link, 1, token)));
    let both = held(both, holds).await;
    let leased = both.into_iter().map(|reply| reply.unwrap().leased.unwrap());
    let [first, second] = leased.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first, Leased::Acquired);
    assert!(matches!(second, Leased::Held { .. }), "{second:?}");
    assert_eq!(fill(&link, 1).await, Ok(true));
}
