//! A slot that goes to another node.

use std::net::TcpListener;
use std::time::Duration;

use cache_tests::Server;

use super::{Push, Tracked, keys, run};

/// `k` is in this slot.
const SLOT: &str = "7629";

/// One node that has every slot.
async fn node() -> Server {
    // The bus's port is by default the server's and ten thousand, which may be none.
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let bus = free.local_addr().unwrap().port().to_string();
    drop(free);
    let builder = ["--cluster-enabled", "yes", "--cluster-port", &bus]
        .into_iter()
        .fold(Server::builder(), |builder, word| builder.argument(word));
    builder.start().await.unwrap()
}

async fn until_known(node: &Server) {
    crate::until(Duration::from_secs(20), || async {
        let info = run(node, &["CLUSTER", "INFO"]).await;
        let info: String = redis::from_redis_value(info).unwrap();
        info.contains("cluster_known_nodes:2") && info.contains("cluster_state:ok")
    })
    .await;
}

async fn id(node: &Server) -> String {
    redis::from_redis_value(run(node, &["CLUSTER", "MYID"]).await).unwrap()
}

#[tokio::test]
async fn a_slot_that_is_given_away_pushes_nothing() {
    let (from, to) = (node().await, node().await);
    run(&from, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    let (port, bus) = (to.port().to_string(), bus(&to).await);
    run(&from, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
    until_known(&from).await;
    until_known(&to).await;
    let mut reader = Tracked::noloop(&from).await;
    // A stamp that there is none of: no deletion will tell of it.
    reader.run(&["GET", "k"]).await;
    let target = id(&to).await;
    run(&to, &["CLUSTER", "SETSLOT", SLOT, "NODE", &target]).await;
    run(&from, &["CLUSTER", "SETSLOT", SLOT, "NODE", &target]).await;
    let moved = reader.try_run(&["GET", "k"]).await.unwrap_err();
    assert_eq!(moved.code(), Some("MOVED"), "{moved}");
    run(&to, &["SET", "k", "1"]).await;
    assert_eq!(reader.pushed().await, [] as [Push; 0]);
    // The connection is as good as ever for what the node has kept.
    reader.run(&["GET", "b"]).await;
    run(&from, &["SET", "b", "1"]).await;
    assert_eq!(reader.pushed().await, keys(&["b"]));
}

async fn bus(node: &Server) -> String {
    let found: Vec<String> =
        redis::from_redis_value(run(node, &["CONFIG", "GET", "cluster-port"]).await).unwrap();
    found[1].clone()
}
