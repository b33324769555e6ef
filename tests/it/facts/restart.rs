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

async fn run_id(server: &cache_tests::Server) -> String {
    let info = run(server, &["INFO", "server"]).await;
    let info: String = redis::from_redis_value(info).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("run_id:"));
    line.unwrap().to_owned()
}
