//! What a restart brings back.

use redis::Value;

use super::run;

/// Why a stamp has the run id of the node in it.
#[tokio::test]
async fn a_restart_from_a_snapshot_undoes_an_acknowledged_deletion_under_another_run_id() {
    let mut server = crate::server().await;
    run(&server, &["MSET", "stamp", "s", "entry", "e"]).await;
    let before = run_id(&server).await;
    run(&server, &["SAVE"]).await;
    assert_eq!(run(&server, &["UNLINK", "stamp"]).await, Value::Int(1));
    assert_eq!(run(&server, &["GET", "stamp"]).await, Value::Nil);
    server.kill9().unwrap();
    server.restart().await.unwrap();
    let both = run(&server, &["MGET", "stamp", "entry"]).await;
    assert_eq!(
        both,
        Value::Array(vec![
            Value::BulkString(b"s".into()),
            Value::BulkString(b"e".into())
        ])
    );
    assert_ne!(run_id(&server).await, before);
}

/// Why it has that of the master's reign as well.
#[tokio::test]
async fn a_server_that_becomes_a_master_has_another_replication_id_each_time() {
    let server = crate::server().await;
    let first = of_info(&server, "replication", "master_replid:").await;
    for _ in 0..2 {
        let before = of_info(&server, "replication", "master_replid:").await;
        run(&server, &["REPLICAOF", "127.0.0.1", "1"]).await;
        run(&server, &["REPLICAOF", "NO", "ONE"]).await;
        let after = of_info(&server, "replication", "master_replid:").await;
        assert!(after != before && after != first);
    }
}

async fn run_id(server: &cache_tests::Server) -> String {
    of_info(server, "server", "run_id:").await
}

async fn of_info(server: &cache_tests::Server, section: &str, name: &str) -> String {
    let info = run(server, &["INFO", section]).await;
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().to_owned()
}
