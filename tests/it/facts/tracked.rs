//! A connection with tracking, and a list of what was pushed on it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache_tests::Server;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{AsyncConnectionConfig, PushInfo, PushKind, Value};

/// What a server, or the client itself, pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Push {
    /// A key that was read is no longer what it was.
    Key(String),
    /// Nothing that was read is.
    All,
    /// The client says so when the connection ends.
    Disconnected,
}

/// The pushes for these keys, in this order.
pub(super) fn keys(names: &[&str]) -> Vec<Push> {
    names
        .iter()
        .map(|name| Push::Key((*name).to_owned()))
        .collect()
}

/// A connection on which the server tracks what is read.
pub(super) struct Tracked {
    pub(super) connection: MultiplexedConnection,
    pushes: Arc<Mutex<Vec<Push>>>,
}

impl Tracked {
    /// As the link has it: the client's own writes are not pushed to it.
    pub(super) async fn noloop(server: &Server) -> Self {
        let mut tracked = Self::untracked(server).await;
        tracked.run(&["CLIENT", "TRACKING", "ON", "NOLOOP"]).await;
        tracked
    }

    /// The client's own writes are pushed as others' are.
    pub(super) async fn looping(server: &Server) -> Self {
        let mut tracked = Self::untracked(server).await;
        tracked.run(&["CLIENT", "TRACKING", "ON"]).await;
        tracked
    }

    /// Speaks RESP3, and was not asked to track anything.
    pub(super) async fn untracked(server: &Server) -> Self {
        let pushes = Arc::<Mutex<Vec<Push>>>::default();
        let log = Arc::clone(&pushes);
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(Duration::from_secs(20)))
            .set_push_sender(move |push: PushInfo| {
                log.lock().unwrap().append(&mut read(push));
                Ok::<_, SendError>(())
            });
        let client = redis::Client::open(format!("{}?protocol=resp3", server.url())).unwrap();
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .unwrap();
        Self { connection, pushes }
    }

    /// Runs one command here, where its keys may be registered.
    pub(super) async fn run(&mut self, words: &[&str]) -> Value {
        self.try_run(words).await.unwrap()
    }

    pub(super) async fn try_run(&mut self, words: &[&str]) -> redis::RedisResult<Value> {
        redis::cmd(words[0])
            .arg(&words[1..])
            .query_async(&mut self.connection)
            .await
    }

    /// Everything pushed since the last look, up to an answer asked for now.
    pub(super) async fn pushed(&mut self) -> Vec<Push> {
        self.run(&["PING"]).await;
        self.seen()
    }

    /// Everything pushed since the last look.
    pub(super) fn seen(&self) -> Vec<Push> {
        std::mem::take(&mut self.pushes.lock().unwrap())
    }

    /// Waits for a push that the server makes in its own time.
    pub(super) async fn until_pushed(&self, expected: &[Push]) {
        crate::until(Duration::from_secs(20), || async {
            *self.pushes.lock().unwrap() == expected
        })
        .await;
        self.seen();
    }
}

fn read(push: PushInfo) -> Vec<Push> {
    match (push.kind, push.data.as_slice()) {
        (PushKind::Disconnection, _) => vec![Push::Disconnected],
        (PushKind::Invalidate, [Value::Nil]) => vec![Push::All],
        (PushKind::Invalidate, [Value::Array(names)]) => names
            .iter()
            .map(|name| Push::Key(redis::from_redis_value_ref(name).unwrap()))
            .collect(),
        other => panic!("a push of another kind: {other:?}"),
    }
}

/// Runs one command on a connection of its own: what another process does.
pub(super) async fn run(server: &Server, words: &[&str]) -> Value {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    server.command(&words).await.unwrap()
}
