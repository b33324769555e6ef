//! Which keys a script registers, and when.

use redis::Value;

use super::{Tracked, is_7_0, keys, run};

const FILL: &str = include_str!("../../../cache-runtime/src/redis/wire/fill.lua");
const LEASE: &str = include_str!("../../../cache-runtime/src/redis/wire/lease.lua");
const STAMP: &str = include_str!("../../../cache-runtime/src/redis/wire/stamp.lua");

const RENEW: &str = include_str!("../../../cache-runtime/src/redis/wire/renew.lua");
const EXPIRE: &str = include_str!("../../../cache-runtime/src/redis/wire/expire.lua");

/// Tokens with the run id.
const ONE: &str = "first token, 16.run-id-8";
const TWO: &str = "their token, 16.run-id-8";

const STAMPING: [&str; 7] = [
    "EVAL",
    STAMP,
    "1",
    "stamp",
    "0123456789abcdef",
    "run-id-8",
    "60000",
];

/// What a script answers that was asked about one entry.
fn one(answer: i64) -> Value {
    Value::Array(vec![Value::Int(answer)])
}

/// What is pushed once a script has run and another process then writes these keys.
async fn pushed_after(script: &str, declared: &[&str], written: &[&str]) -> Vec<super::Push> {
    let server = crate::server().await;
    let mut client = Tracked::noloop(&server).await;
    let count = declared.len().to_string();
    let mut words = vec!["EVAL", script, &count];
    words.extend(declared);
    client.run(&words).await;
    for key in written {
        run(&server, &["SET", key, "another's"]).await;
    }
    client.pushed().await
}

#[tokio::test]
async fn a_key_read_after_the_last_write_to_it_is_registered() {
    let script = "redis.call('SET', KEYS[1], '1') return redis.call('GET', KEYS[1])";
    assert_eq!(pushed_after(script, &["k"], &["k"]).await, keys(&["k"]));
}

#[tokio::test]
async fn a_key_read_only_before_the_write_is_not() {
    let script = "redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], '1')";
    assert_eq!(pushed_after(script, &["k"], &["k"]).await, []);
}

#[tokio::test]
async fn a_key_that_is_only_written_is_not() {
    let script = "redis.call('SET', KEYS[1], '1')";
    assert_eq!(pushed_after(script, &["k"], &["k"]).await, []);
}

/// On 7.0 any read registers all keys that were declared and no other; on other servers the keys that
/// the script's commands read are. A script that reads what it declares is right on both.
#[tokio::test]
async fn what_a_read_in_a_script_registers_depends_on_the_server() {
    let declared = is_7_0(&crate::server().await).await;
    let by_server = |on_7_0: &[&str], later: &[&str]| keys(if declared { on_7_0 } else { later });
    let script = "redis.call('SET', KEYS[1], '1') return redis.call('EXISTS', KEYS[2])";
    assert_eq!(
        pushed_after(script, &["written", "read"], &["written", "read"]).await,
        by_server(&["written", "read"], &["read"])
    );
    let script = "return redis.call('GET', 'undeclared')";
    assert_eq!(
        pushed_after(script, &["declared"], &["undeclared", "declared"]).await,
        by_server(&["declared"], &["undeclared"])
    );
}

#[tokio::test]
async fn what_ones_own_script_writes_is_pushed_to_others() {
    let server = crate::server().await;
    let (mut client, mut other) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    other.run(&["GET", "k"]).await;
    let script = "redis.call('SET', KEYS[1], '1') return redis.call('GET', KEYS[1])";
    client.run(&["EVAL", script, "1", "k"]).await;
    assert_eq!(
        (client.pushed().await, other.pushed().await),
        (vec![], keys(&["k"]))
    );
}

#[tokio::test]
async fn a_fill_wakes_those_who_read_the_lease_or_the_entry() {
    let server = crate::server().await;
    let (mut client, mut follower) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    let held = |token| ["EVAL", LEASE, "2", "lease", "entry", token, "5000", "", "0"];
    client.run(&held(ONE)).await;
    follower.run(&held(TWO)).await;
    assert_eq!(
        follower.pushed().await,
        [],
        "a lease that is held is not written"
    );
    let fill = ["EVAL", FILL, "2", "lease", "entry", ONE, "frame", "5000"];
    assert_eq!(client.run(&fill).await, one(1));
    assert_eq!(follower.pushed().await, keys(&["entry", "lease"]));
}

#[tokio::test]
async fn a_stamp_is_registered_whether_it_was_made_or_found() {
    let server = crate::server().await;
    let (mut maker, mut finder) = (
        Tracked::noloop(&server).await,
        Tracked::noloop(&server).await,
    );
    maker.run(&STAMPING).await;
    finder.run(&STAMPING).await;
    assert_eq!(
        maker.pushed().await,
        [],
        "a stamp that is found is not written"
    );
    run(&server, &["UNLINK", "stamp"]).await;
    assert_eq!(
        (maker.pushed().await, finder.pushed().await),
        (keys(&["stamp"]), keys(&["stamp"]))
    );
}

/// What is counted when own writes are told from others': it must be neither more nor less.
#[tokio::test]
async fn ones_own_writes_are_pushed_as_often_as_the_scripts_say() {
    for seen_before in [true, false] {
        let server = crate::server().await;
        let mut client = Tracked::looping(&server).await;
        if seen_before {
            client.run(&["MGET", "lease", "entry", "stamp"]).await;
        }
        let lease = ["EVAL", LEASE, "2", "lease", "entry", ONE, "5000", "", "0"];
        let acquired = client.run(&lease).await;
        assert_eq!(acquired, one(1), "it wrote once");
        assert_eq!(client.pushed().await, keys(&["lease"]));
        run(&server, &["PERSIST", "lease"]).await;
        assert_eq!(client.pushed().await, keys(&["lease"]));
        let ended = client.run(&lease).await;
        assert_eq!(ended, one(1), "once more");
        assert_eq!(client.pushed().await, keys(&["lease"]));
        let made = client.run(&STAMPING).await;
        let [(_, writes)]: [(String, usize); 1] = redis::from_redis_value(made).unwrap();
        assert_eq!((writes, client.pushed().await), (1, keys(&["stamp"])));
        let found = client.run(&STAMPING).await;
        let [(_, writes)]: [(String, usize); 1] = redis::from_redis_value(found).unwrap();
        assert_eq!((writes, client.pushed().await), (0, vec![]));
        let fill = ["EVAL", FILL, "2", "lease", "entry", ONE, "frame", "5000"];
        assert_eq!(client.run(&fill).await, one(1));
        assert_eq!(client.pushed().await, keys(&["entry", "lease"]));
    }
}

/// Those of one call are counted, and registered, as if each had been asked about alone.
#[tokio::test]
async fn of_many_in_one_call_each_is_pushed_as_often_as_it_is_written() {
    let server = crate::server().await;
    let (mut client, mut other) = (
        Tracked::looping(&server).await,
        Tracked::noloop(&server).await,
    );
    let held = ["EVAL", LEASE, "2", "l2", "e2", TWO, "5000", "", "0"];
    other.run(&held).await;
    run(&server, &["SET", "e3", "CACHE...an entry's id...payload"]).await;
    client.run(&["MGET", "e1", "l2", "e4"]).await;
    let mut lease = vec!["EVAL", LEASE, "8"];
    lease.extend(["l1", "l2", "l3", "l4", "e1", "e2", "e3", "e4"]);
    lease.extend([ONE, "5000", "", "0"].repeat(4));
    let Value::Array(answers) = client.run(&lease).await else {
        panic!("a list");
    };
    assert_eq!([&answers[0], &answers[3]], [&Value::Int(1); 2]);
    assert!(matches!(answers[1], Value::Array(_)), "held");
    assert!(matches!(answers[2], Value::Array(_)), "another entry");
    assert_eq!(client.pushed().await, keys(&["l1", "l4"]));
    let mut fill = vec!["EVAL", FILL, "8"];
    fill.extend(["l1", "l2", "l3", "l4", "e1", "e2", "e3", "e4"]);
    fill.extend([ONE, "frame", "5000", "0", ""].repeat(4));
    let answers = [1, 0, 0, 1].map(Value::Int);
    assert_eq!(client.run(&fill).await, Value::Array(answers.into()));
    assert_eq!(client.pushed().await, keys(&["e1", "e4", "l1", "l4"]));
    let all = ["e1", "l2", "e3", "e4"];
    for key in all {
        run(&server, &["UNLINK", key]).await;
    }
    assert_eq!(client.pushed().await, keys(&all));
}

/// Another command may come between a script and the next of the same client, so the script itself
/// must leave its caller registered for what the caller goes on to rely on.
#[tokio::test]
async fn each_script_leaves_its_caller_registered_for_what_it_relies_on() {
    let server = crate::server().await;
    let mut client = Tracked::looping(&server).await;
    let lease = ["EVAL", LEASE, "2", "lease", "entry", ONE, "5000", "", "0"];
    let renew = ["EVAL", RENEW, "1", "lease", ONE, "5000"];
    let fill = ["EVAL", FILL, "2", "lease", "entry", ONE, "frame", "5000"];
    let expire = ["EVAL", EXPIRE, "1", "stamp", "new-half", "run-id-8"];
    let steps: [(&[&[&str]], &str); 5] = [
        (&[&lease], "lease"),
        (&[&lease, &renew], "lease"),
        (&[&lease, &fill], "entry"),
        (&[&STAMPING], "stamp"),
        (&[&STAMPING, &expire], "stamp"),
    ];
    for (calls, key) in steps {
        for call in calls {
            client.run(call).await;
        }
        // Its own writes come first, and are not what is asked here.
        client.pushed().await;
        run(&server, &["UNLINK", key]).await;
        assert_eq!(
            client.pushed().await,
            keys(&[key]),
            "{key} after {}",
            calls.len()
        );
    }
}
