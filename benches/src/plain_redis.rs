//! The client under the cache, used bare: a GET and the same decoding.

use redis::aio::MultiplexedConnection;

use crate::user::User;

const CODEC: bincode::config::Configuration = bincode::config::standard();

/// A connection set up as the cache sets up its own.
pub(crate) async fn connect(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(format!("{url}?protocol=resp3")).expect("a url");
    let config = redis::AsyncConnectionConfig::new().set_pipeline_buffer_size(1_024);
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    connection.await.expect("a connection")
}

pub(crate) fn name(id: u64) -> String {
    format!("plain:user:{id}")
}

pub(crate) async fn get(connection: &mut MultiplexedConnection, id: u64) -> Option<User> {
    let mut get = redis::cmd("GET");
    let bytes: Option<Vec<u8>> = get
        .arg(name(id))
        .query_async(connection)
        .await
        .expect("a reply");
    Some(decode(&bytes?))
}

pub(crate) async fn set(connection: &mut MultiplexedConnection, id: u64, user: &User) {
    let mut pipeline = redis::pipe();
    add_set(&mut pipeline, id, user);
    let () = pipeline.query_async(connection).await.expect("a reply");
}

/// Adds it to what is sent at once.
pub(crate) fn add_set(pipeline: &mut redis::Pipeline, id: u64, user: &User) {
    let bytes = bincode::serde::encode_to_vec(user, CODEC).expect("bytes");
    let set = pipeline.cmd("SET").arg(name(id)).arg(bytes);
    set.arg("EX").arg(3_600).ignore();
}

pub(crate) fn decode(bytes: &[u8]) -> User {
    let (user, _) = bincode::serde::decode_from_slice(bytes, CODEC).expect("a user");
    user
}
