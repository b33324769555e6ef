//! The scripts keep what their heads state.

use cache_tests::Server;
use redis::Value;

use super::{names, unlink, up};
use crate::redis::{
    Fault, FillAsk, Filled, LeaseAsk, Leased, PutBack, PutBackAsk, StampAsk, Topology,
};

/// More than a step of the coarse clock of any kernel, in milliseconds.
const COARSE: u64 = 20;

// Even in their first byte, as those of loads are.
const OURS: &[u8; 16] = b"first token, 16.";
const THEIRS: &[u8; 16] = b"their token, 16.";

/// A frame as far as the scripts look at it: eight bytes of header, the id, a payload.
fn frame(id: &[u8; 16]) -> Vec<u8> {
    [b"CACHE\0\0\0".as_slice(), id, b"payload"].concat()
}

async fn ask(link: &Topology, token: &[u8; 16], invalid_id: &[u8], share: bool) -> Leased {
    let ask = LeaseAsk {
        lease: "{e}:lease",
        entry: "{e}",
        token,
        ttl_ms: 60_000,
        invalid_id,
        share,
    };
    link.lease(&ask, &[]).await.unwrap().leased.unwrap()
}

async fn fill(link: &Topology, token: &[u8; 16]) -> bool {
    let ask = FillAsk {
        lease: "{e}:lease",
        entry: "{e}",
        token,
        frame: &frame(OURS),
        ttl_ms: 60_000,
        claimed: None,
    };
    matches!(link.fill(&ask).await.unwrap(), Filled::Stored(_))
}

async fn stamps(link: &Topology, asks: &[StampAsk<'_>]) -> Result<Vec<Option<[u8; 24]>>, Fault> {
    let made = link.stamps(asks).await?;
    Ok(made.into_iter().map(|made| made.stamp).collect())
}

async fn read(link: &Topology, name: &str) -> Option<Vec<u8>> {
    link.read(names([name])).await.unwrap().values().remove(0)
}

/// What a lease with this token holds.
async fn held(link: &Topology, token: &[u8; 16]) -> Vec<u8> {
    let node = link.read(names(["warm"])).await.unwrap().node;
    [token.as_slice(), &node.run_id].concat()
}

async fn int(server: &Server, words: &[&[u8]]) -> i64 {
    redis::from_redis_value(server.command(words).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_lease_has_one_holder_and_is_its_own_holders_again() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    assert_eq!(ask(&link, OURS, b"", false).await, Leased::Acquired);
    assert_eq!(ask(&link, OURS, b"", false).await, Leased::Acquired);
    let holder = held(&link, OURS).await;
    assert_eq!(
        ask(&link, THEIRS, b"", false).await,
        Leased::Held { holder }
    );
    assert_eq!(
        ask(&link, THEIRS, b"", true).await,
        Leased::Shared { token: *OURS }
    );
    assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await > 50_000);
}

#[tokio::test]
async fn a_store_needs_its_token_and_spends_it() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    assert!(!fill(&link, OURS).await, "no lease at all");
    ask(&link, OURS, b"", false).await;
    assert!(!fill(&link, THEIRS).await, "another's lease");
    assert_eq!(read(&link, "{e}").await, None);
    assert!(fill(&link, OURS).await);
    assert_eq!(read(&link, "{e}").await, Some(frame(OURS)));
    assert_eq!(read(&link, "{e}:lease").await, None);
    assert!(int(&server, &[b"PTTL", b"{e}"]).await > 50_000);
    assert!(!fill(&link, OURS).await, "a token stores once");
}

#[tokio::test]
async fn an_invalidation_during_the_load_leaves_nothing_to_store_under() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    ask(&link, OURS, b"", false).await;
    unlink(&link, names(["{e}:lease", "{e}"])).await.unwrap();
    assert!(!fill(&link, OURS).await);
    assert!(
        !link.renew("{e}:lease", OURS, 1_000).await.unwrap(),
        "never made anew"
    );
    assert!(!link.nostore("{e}:lease", OURS, 1_000).await.unwrap());
    assert!(!link.release("{e}:lease", OURS).await.unwrap());
    assert_eq!(server.keys().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_entry_other_than_the_invalid_one_is_returned_instead_of_a_lease() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let stored = frame(OURS);
    server.command(&[b"SET", b"{e}", &stored]).await.unwrap();
    assert_eq!(
        ask(&link, THEIRS, b"", false).await,
        Leased::Entry(stored.clone())
    );
    assert_eq!(
        ask(&link, THEIRS, THEIRS, false).await,
        Leased::Entry(stored)
    );
    assert_eq!(ask(&link, THEIRS, OURS, false).await, Leased::Acquired);
    // Cut short within its header or its id: what stands there is its id.
    for (garbage, id) in [
        (&b"short"[..], &b""[..]),
        (b"12345678id", b"id"),
        (b"", b""),
    ] {
        server.command(&[b"SET", b"{e}", garbage]).await.unwrap();
        server.command(&[b"DEL", b"{e}:lease"]).await.unwrap();
        assert_eq!(
            ask(&link, OURS, id, false).await,
            Leased::Acquired,
            "{garbage:?}"
        );
    }
}

#[tokio::test]
async fn an_entry_of_another_type_is_none_and_is_overwritten() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    server.command(&[b"RPUSH", b"{e}", b"item"]).await.unwrap();
    assert_eq!(read(&link, "{e}").await, None);
    let both = link.read(names(["{e}", "other"])).await.unwrap().values();
    assert_eq!(both, [None, None]);
    assert_eq!(ask(&link, OURS, b"", false).await, Leased::Acquired);
    assert!(fill(&link, OURS).await);
    assert_eq!(read(&link, "{e}").await, Some(frame(OURS)));
}

#[tokio::test]
async fn only_its_holder_renews_gives_back_or_ends_a_lease() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    ask(&link, OURS, b"", false).await;
    assert!(!link.renew("{e}:lease", THEIRS, 900_000).await.unwrap());
    assert!(!link.release("{e}:lease", THEIRS).await.unwrap());
    assert!(!link.nostore("{e}:lease", THEIRS, 900_000).await.unwrap());
    assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await <= 60_000);
    assert!(link.renew("{e}:lease", OURS, 900_000).await.unwrap());
    assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await > 800_000);

    assert!(link.nostore("{e}:lease", OURS, 700_000).await.unwrap());
    assert_eq!(ask(&link, THEIRS, b"", false).await, Leased::NoStore);
    assert_eq!(ask(&link, THEIRS, b"", true).await, Leased::NoStore);
    assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await <= 700_000);

    link.claim(("{e}:lease", "{e}"), THEIRS, 60_000)
        .await
        .unwrap();
    assert!(!fill(&link, OURS).await);
    assert!(link.release("{e}:lease", THEIRS).await.unwrap());
    assert_eq!(read(&link, "{e}:lease").await, None);
}

#[tokio::test]
async fn a_lease_of_another_run_or_without_an_end_is_nobodys() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let run = held(&link, OURS).await[16..].to_vec();
    let (other, word) = ([7; 8].as_slice(), b"nostore".as_slice());
    let leases: [(&[u8], &[u8], bool); 6] = [
        (THEIRS, other, true),
        (THEIRS, b"", true),
        (THEIRS, &run, false),
        (word, other, true),
        (word, b"", true),
        (word, &run, false),
    ];
    for (lease, run, ends) in leases {
        for share in [false, true] {
            let lease = [lease, run].concat();
            let words: [&[u8]; 5] = [b"SET", b"{e}:lease", &lease, b"PX", b"60000"];
            let words = if ends { &words[..] } else { &words[..3] };
            server.command(words).await.unwrap();
            let asked = ask(&link, OURS, b"", share).await;
            assert_eq!(asked, Leased::Acquired, "{lease:?}");
            assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await > 50_000);
            assert!(fill(&link, OURS).await, "{lease:?}");
            unlink(&link, names(["{e}"])).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_held_in_another_run_neither_stores_nor_renews_nor_ends() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let lease = [OURS.as_slice(), &[7; 8]].concat();
    let words: [&[u8]; 5] = [b"SET", b"{e}:lease", &lease, b"PX", b"60000"];
    server.command(&words).await.unwrap();
    assert!(!fill(&link, OURS).await);
    assert!(!link.renew("{e}:lease", OURS, 900_000).await.unwrap());
    assert!(!link.nostore("{e}:lease", OURS, 900_000).await.unwrap());
    assert!(!link.release("{e}:lease", OURS).await.unwrap());
}

#[tokio::test]
async fn ones_own_lease_that_lost_its_end_gets_one() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    ask(&link, OURS, b"", false).await;
    server.run(&["PERSIST", "{e}:lease"]).await.unwrap();
    assert_eq!(ask(&link, OURS, b"", false).await, Leased::Acquired);
    assert!(int(&server, &[b"PTTL", b"{e}:lease"]).await > 50_000);
}

#[tokio::test]
async fn a_stamp_is_made_once_and_one_of_another_run_is_not_believed() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let ask = |fresh: u8| StampAsk {
        name: "t",
        fresh: [fresh; 16],
        need_ms: 10_000,
    };
    let first = stamps(&link, &[ask(1)]).await.unwrap()[0].unwrap();
    let run_id = link.read(names(["t"])).await.unwrap().node.run_id;
    assert_eq!(
        (&first[..16], &first[16..]),
        ([1; 16].as_slice(), run_id.as_slice())
    );
    assert_eq!(
        stamps(&link, &[ask(2), ask(3)]).await.unwrap(),
        [Some(first); 2]
    );

    server
        .command(&[b"SET", b"t", &[[7; 16].as_slice(), &[0; 8]].concat()])
        .await
        .unwrap();
    let other = stamps(&link, &[ask(4)]).await.unwrap()[0].unwrap();
    assert_eq!(
        (&other[..16], &other[16..]),
        ([4; 16].as_slice(), run_id.as_slice())
    );
    assert_eq!(read(&link, "t").await.as_deref(), Some(other.as_slice()));
}

#[tokio::test]
async fn a_stamp_lives_twice_what_is_needed_and_is_extended_only_when_too_short() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let stamp = async |need_ms| {
        let ask = StampAsk {
            name: "t",
            fresh: [1; 16],
            need_ms,
        };
        stamps(&link, &[ask]).await.unwrap();
        int(&server, &[b"PTTL", b"t"]).await
    };
    assert!((190_000..=200_000).contains(&stamp(100_000).await));
    assert!(
        (190_000..=200_000).contains(&stamp(150_000).await),
        "enough is left"
    );
    assert!((490_000..=500_000).contains(&stamp(250_000).await));
    let long: u64 = 10 * 365 * 86_400_000 / 2;
    assert!(
        stamp(long).await > long.cast_signed(),
        "the longest that a policy asks for"
    );
}

#[tokio::test]
async fn a_stamp_that_full_memory_refuses_is_a_fault_and_one_at_once_evicted_is_none() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    server
        .command(&[b"CONFIG", b"SET", b"maxmemory", b"1"])
        .await
        .unwrap();
    let ask = StampAsk {
        name: "t",
        fresh: [1; 16],
        need_ms: 1_000,
    };
    assert_eq!(stamps(&link, &[ask]).await, Err(Fault::OutOfMemory));
    let claimed = link.claim(("{e}:lease", "{e}"), OURS, 1_000).await;
    assert_eq!(claimed.map(drop), Err(Fault::OutOfMemory));
    let deleted = unlink(&link, names(["t"])).await;
    assert_eq!(deleted, Ok(()), "an invalidation needs no room");
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_loaded_again_within_the_call() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    server.command(&[b"SCRIPT", b"FLUSH"]).await.unwrap();
    let stamp = StampAsk {
        name: "t",
        fresh: [1; 16],
        need_ms: 1_000,
    };
    let lease = LeaseAsk {
        lease: "{e}:lease",
        entry: "{e}",
        token: OURS,
        ttl_ms: 60_000,
        invalid_id: b"",
        share: false,
    };
    let reply = link.lease(&lease, &[stamp]).await.unwrap();
    assert_eq!(reply.leased, Ok(Leased::Acquired));
    assert!(reply.stamps[0].stamp.is_some());
    server.command(&[b"SCRIPT", b"FLUSH"]).await.unwrap();
    assert!(fill(&link, OURS).await);
}

#[tokio::test]
async fn nothing_asked_is_nothing_sent() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    assert_eq!(stamps(&link, &[]).await, Ok(Vec::new()));
    assert_eq!(link.unlink(&[]).await, []);
}

#[tokio::test]
async fn the_nodes_time_is_known_to_a_round_trip() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let time = async || match server.command(&[b"TIME"]).await.unwrap() {
        time @ Value::Array(_) => {
            let (seconds, micros): (u64, u64) = redis::from_redis_value(time).unwrap();
            seconds * 1_000 + micros / 1_000
        }
        other => panic!("{other:?}"),
    };
    let before = time().await;
    let thought = link.node_ms("key").unwrap();
    assert!(
        thought + COARSE >= before,
        "too early: {thought} < {before}"
    );
    assert!(
        thought - time().await.min(thought) < 2_000,
        "off by the handshake at most"
    );
}

#[tokio::test]
async fn an_entry_is_put_back_only_where_the_same_stands_as_was_seen() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let put = async |(seen_id, seen_len): (&[u8], usize), frame: &[u8]| {
        let ask = PutBackAsk {
            lease: "{e}:lease",
            entry: "{e}",
            seen_id,
            seen_len,
            frame,
            ttl_ms: 60_000,
        };
        link.put_back(&[ask]).await.remove(0).unwrap()
    };
    let (reservation, entry) = (frame(OURS), [&frame(OURS)[..], b"and more"].concat());
    let (nothing, seen) = ((&b""[..], 0), (OURS.as_slice(), reservation.len()));
    assert_eq!(
        put(seen, &entry).await,
        PutBack::Another,
        "nothing is there"
    );
    assert_eq!(put(nothing, &reservation).await, PutBack::Done);
    assert_eq!(put(nothing, &reservation).await, PutBack::Another);
    assert!(int(&server, &[b"PTTL", b"{e}"]).await > 50_000);

    // Whoever is to store, of this run and with an end, comes first.
    for (lease, is_held) in [
        (held(&link, THEIRS).await, true),
        (
            [b"nostore", &held(&link, THEIRS).await[16..]].concat(),
            true,
        ),
        (b"of another run, at least 24.".to_vec(), false),
    ] {
        server
            .command(&[b"SET", b"{e}:lease", &lease, b"PX", b"60000"])
            .await
            .unwrap();
        let told = put((OURS, reservation.len()), &reservation).await;
        let expected = if is_held {
            PutBack::Held
        } else {
            PutBack::Done
        };
        assert_eq!(told, expected, "{lease:?}");
    }
    assert_eq!(put(seen, &entry).await, PutBack::Done);
    assert_eq!(
        put(seen, &entry).await,
        PutBack::Another,
        "of another length by now"
    );
    assert_eq!(read(&link, "{e}").await, Some(entry));
    unlink(&link, names(["{e}"])).await.unwrap();
    assert_eq!(
        put(seen, &reservation).await,
        PutBack::Another,
        "it was invalidated"
    );
    server.command(&[b"LPUSH", b"{e}", b"x"]).await.unwrap();
    assert_eq!(
        put(nothing, &reservation).await,
        PutBack::Another,
        "it is no entry"
    );
}
