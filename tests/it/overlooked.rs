//! What a server forgets or throws away while it runs a command of the process that relies on it:
//! nothing is left then whose deletion could tell that process of an invalidation.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, cached};
use cache_tests::Server;

/// The default, and room for a busy machine.
const LAG: Duration = Duration::from_millis(2_500);

static ORIGINS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

#[cached(ns = "overlooked", ttl = "1h", tags = ["item:{id}"])]
async fn item(origin: usize, id: u32) -> u32 {
    ORIGINS[origin].load(Ordering::SeqCst)
}

#[cached(ns = "large", ttl = "1h")]
async fn large(id: u32) -> String {
    id.to_string().repeat(20_000)
}

async fn server(arguments: &[&str]) -> Server {
    let builder = arguments
        .iter()
        .fold(Server::builder(), |builder, word| builder.argument(word));
    builder.start().await.unwrap()
}

fn cache(server: &Server) -> Cache {
    Cache::builder().url(server.url()).build().unwrap()
}

/// Invalidates in one process, and waits until another no longer serves what it loaded before.
async fn reaches(reader: &Cache, writer: &Cache, origin: usize) {
    let before = reader.scope(item(origin, 0)).await;
    ORIGINS[origin].store(before + 1, Ordering::SeqCst);
    writer.tag("item:0").invalidate().await.unwrap();
    crate::until(LAG, || async {
        reader.scope(item(origin, 0)).await == before + 1
    })
    .await;
}

#[tokio::test]
async fn an_invalidation_arrives_though_the_server_forgot_who_had_read() {
    let server = server(&["--tracking-table-max-keys", "10"]).await;
    let (reader, writer) = (cache(&server), cache(&server));
    for id in 0..100 {
        reader.scope(item(0, id)).await;
    }
    reaches(&reader, &writer, 0).await;
}

#[tokio::test]
async fn an_invalidation_arrives_though_the_stamp_was_evicted() {
    let server = server(&["--maxmemory", "6mb", "--maxmemory-policy", "allkeys-lru"]).await;
    let (reader, writer) = (cache(&server), cache(&server));
    reader.scope(item(1, 0)).await;
    let fillers = AtomicU32::new(0);
    crate::until(Duration::from_secs(20), || async {
        // Of the reader's own commands, as far as the look does not take its turn.
        for _ in 0..10 {
            let id = fillers.fetch_add(1, Ordering::Relaxed);
            reader.scope(large(id)).await;
        }
        let keys = server.keys().await.unwrap();
        !keys.iter().any(|key| key.contains("item:0"))
    })
    .await;
    reaches(&reader, &writer, 1).await;
}
