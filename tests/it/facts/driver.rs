//! What the client's driver does with a push before it hands out the next reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use redis::aio::SendError;
use redis::{AsyncConnectionConfig, PushInfo, PushKind};

use super::run;

/// The closure runs in the driver, so whoever holds a reply sees what every earlier push did. On
/// several threads, as a reply is awaited on one while the driver runs on another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_applied_before_a_later_reply_is_delivered() {
    let server = crate::server().await;
    let pushes = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&pushes);
    let config = AsyncConnectionConfig::new().set_push_sender(move |push: PushInfo| {
        if push.kind == PushKind::Invalidate {
            // Long enough that a reply handed out first would be seen first.
            std::thread::sleep(std::time::Duration::from_millis(1));
            counted.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<_, SendError>(())
    });
    let client = redis::Client::open(format!("{}?protocol=resp3", server.url())).unwrap();
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .unwrap();
    redis::cmd("CLIENT")
        .arg(&["TRACKING", "ON"])
        .exec_async(&mut connection)
        .await
        .unwrap();
    let get = |key: &'static str| {
        let mut connection = connection.clone();
        async move {
            let mut get = redis::cmd("GET");
            get.arg(key);
            get.query_async::<Option<u32>>(&mut connection).await
        }
    };
    for round in 1..=200 {
        get("watched").await.unwrap();
        let text = round.to_string();
        run(&server, &["SET", "watched", &text]).await;
        run(&server, &["SET", "marker", &text]).await;
        let marker = get("marker").await.unwrap();
        assert_eq!(marker, Some(round));
        assert!(pushes.load(Ordering::Relaxed) >= round, "round {round}");
    }
}
