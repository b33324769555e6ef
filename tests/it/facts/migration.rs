//! What a cluster says of a slot on its way to another node, and of one that was taken by force.

use cache_tests::Cluster;
use redis::{RedisResult, Value};

use super::{Push, Tracked, is_7_0, keys, run};

/// All in the slot of `k`.
const ONE: &str = "{k}1";
const TWO: &str = "{k}2";

async fn cluster() -> (Cluster, u16, usize, usize) {
    let cluster = Cluster::builder().masters(2).replicas(0);
    let cluster = cluster.start().await.unwrap();
    let slot = Cluster::slot_of(ONE);
    let from = cluster.master_of(slot).await.unwrap();
    (cluster, slot, from, 1 - from)
}

/// One command that the node is told to carry out though it does not have the slot.
async fn asking(link: &mut Tracked, words: &[&str]) -> RedisResult<Value> {
    let mut lines = redis::pipe();
    lines.cmd("ASKING").ignore().cmd(words[0]).arg(&words[1..]);
    let (answer,): (Value,) = lines.query_async(&mut link.connection).await?;
    Ok(answer)
}

fn code(answer: RedisResult<Value>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.code().unwrap_or_default().to_owned(),
    }
}

/// A script, as any command, is carried out where all its keys are. Where some are missing nobody
/// can say where: they may never have been.
#[tokio::test]
async fn a_script_of_two_keys_must_wait_while_they_are_in_two_places() {
    const SCRIPT: [&str; 5] = ["EVAL", "return 1", "2", ONE, TWO];
    let (cluster, slot, from, to) = cluster().await;
    run(cluster.node(from), &["MSET", ONE, "1", TWO, "2"]).await;
    let mut source = Tracked::untracked(cluster.node(from)).await;
    let mut target = Tracked::untracked(cluster.node(to)).await;
    let migration = cluster.migration(slot, from, to);
    migration.begin().await.unwrap();
    assert_eq!(source.run(&SCRIPT).await, Value::Int(1), "both are here");
    let at_target = asking(&mut target, &SCRIPT).await;
    assert_eq!(code(at_target), "TRYAGAIN", "both may be at the source");

    migration.move_key(ONE).await.unwrap();
    assert_eq!(code(source.try_run(&SCRIPT).await), "TRYAGAIN");
    assert_eq!(code(asking(&mut target, &SCRIPT).await), "TRYAGAIN");

    migration.move_keys().await.unwrap();
    assert_eq!(code(source.try_run(&SCRIPT).await), "ASK", "both are away");
    assert_eq!(code(asking(&mut target, &SCRIPT).await), "int(1)");
    migration.finish().await.unwrap();
    assert_eq!(code(source.try_run(&SCRIPT).await), "MOVED");
    assert_eq!(target.run(&SCRIPT).await, Value::Int(1));
}

#[tokio::test]
async fn of_two_keys_that_never_were_neither_node_will_do_with_both() {
    const SCRIPT: [&str; 5] = ["EVAL", "return 1", "2", ONE, TWO];
    let (cluster, slot, from, to) = cluster().await;
    let mut source = Tracked::untracked(cluster.node(from)).await;
    let mut target = Tracked::untracked(cluster.node(to)).await;
    cluster.migration(slot, from, to).begin().await.unwrap();
    assert_eq!(code(source.try_run(&SCRIPT).await), "ASK");
    assert_eq!(code(asking(&mut target, &SCRIPT).await), "TRYAGAIN");
    let one = ["EVAL", "return 1", "1", ONE];
    assert_eq!(code(source.try_run(&one).await), "ASK");
    assert_eq!(code(asking(&mut target, &one).await), "int(1)");
}

#[tokio::test]
async fn a_missing_key_is_asked_for_at_the_target_and_nowhere_else() {
    let (cluster, slot, from, to) = cluster().await;
    run(cluster.node(from), &["SET", ONE, "1"]).await;
    let mut source = Tracked::untracked(cluster.node(from)).await;
    let mut target = Tracked::untracked(cluster.node(to)).await;
    cluster.migration(slot, from, to).begin().await.unwrap();
    let there = source.run(&["GET", ONE]).await;
    assert_eq!(there, Value::BulkString(b"1".into()));
    let error = source.try_run(&["GET", TWO]).await.unwrap_err();
    let place = format!("{slot} 127.0.0.1:{}", cluster.port(to));
    assert_eq!(
        (error.code(), error.detail()),
        (Some("ASK"), Some(place.as_str()))
    );
    assert_eq!(code(asking(&mut target, &["GET", TWO]).await), "nil");
    let unasked = target.try_run(&["GET", TWO]).await;
    assert_eq!(code(unasked), "MOVED", "without ASKING");
}

#[tokio::test]
async fn a_key_that_is_moved_is_pushed_at_the_source() {
    let (cluster, slot, from, to) = cluster().await;
    run(cluster.node(from), &["SET", ONE, "1"]).await;
    let mut reader = Tracked::looping(cluster.node(from)).await;
    reader.run(&["GET", ONE]).await;
    let migration = cluster.migration(slot, from, to);
    migration.begin().await.unwrap();
    assert_eq!(reader.pushed().await, []);
    migration.move_key(ONE).await.unwrap();
    assert_eq!(reader.pushed().await, keys(&[ONE]));
}

#[tokio::test]
async fn what_was_read_with_asking_is_pushed_like_any_other() {
    let (cluster, slot, from, to) = cluster().await;
    let mut reader = Tracked::looping(cluster.node(to)).await;
    let migration = cluster.migration(slot, from, to);
    migration.begin().await.unwrap();
    // One that there is none of, and that is written before the slot is the target's.
    asking(&mut reader, &["GET", ONE]).await.unwrap();
    let mut writer = Tracked::untracked(cluster.node(to)).await;
    asking(&mut writer, &["SET", ONE, "1"]).await.unwrap();
    assert_eq!(reader.pushed().await, keys(&[ONE]));
    // One that is written once it is.
    asking(&mut reader, &["GET", ONE]).await.unwrap();
    migration.finish().await.unwrap();
    assert_eq!(reader.pushed().await, []);
    run(cluster.node(to), &["SET", ONE, "2"]).await;
    assert_eq!(reader.pushed().await, keys(&[ONE]));
}

/// What was in a slot that another node claims is lost.
#[tokio::test]
async fn a_slot_taken_by_force_is_emptied_at_its_old_owner() {
    let (cluster, slot, from, to) = cluster().await;
    run(cluster.node(from), &["SET", ONE, "1"]).await;
    let mut reader = Tracked::looping(cluster.node(from)).await;
    reader.run(&["MGET", ONE, TWO]).await;
    let (number, id) = (slot.to_string(), cluster.id(to));
    let refused = reader
        .try_run(&["CLUSTER", "SETSLOT", &number, "NODE", id])
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("while I still hold keys"),
        "{refused}"
    );
    cluster.force_slot(slot, to).await.unwrap();
    assert_eq!(cluster.master_of(slot).await.unwrap(), to);
    assert_eq!(run(cluster.node(from), &["DBSIZE"]).await, Value::Int(0));
    assert_eq!(run(cluster.node(to), &["GET", ONE]).await, Value::Nil);
    assert_eq!(code(reader.try_run(&["GET", ONE]).await), "MOVED");
    // Nor is anything said of it, by 7.0 at least.
    if is_7_0(cluster.node(from)).await {
        assert_eq!(reader.pushed().await, [] as [Push; 0]);
    }
}
