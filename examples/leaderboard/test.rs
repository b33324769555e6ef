//! The example `leaderboard`, asked over HTTP: in memory, and as two processes have it that share a Redis.

#[path = "game.rs"]
mod game;

use std::net::{Ipv4Addr, SocketAddr};

use cache_runtime::Cache;
use cache_tests::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Serves a game of a cache.
async fn serve(cache: &Cache) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = game::routes(cache).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// The status and the rest of an answer.
async fn ask(address: SocketAddr, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, _) = answer.split_once("\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

/// One game, which may be asked at two addresses.
async fn play(one: SocketAddr, other: SocketAddr) {
    let scores = [
        ("ada", 30),
        ("bob", 20),
        ("cyd", 20),
        ("dan", 10),
        ("eve", 5),
        ("fay", 1),
    ];
    for (name, points) in scores {
        let (status, body) = ask(one, "POST", &format!("/score/{name}/{points}")).await;
        assert_eq!(status, 200, "{body}");
    }
    let (_, body) = ask(other, "POST", "/score/ada/12").await;
    assert!(body.ends_with("42.0"), "{body}");

    let (status, top) = ask(other, "GET", "/top").await;
    assert_eq!(status, 200);
    let line = r#"[{"place":1,"name":"ada","score":42.0,"title":"of the Hill"},{"place":2,"#;
    assert!(top.contains(line), "{top}");
    // Two share the second place, so that nobody has the third.
    assert_eq!(top.matches(r#""place":2"#).count(), 2, "{top}");
    assert!(top.contains(r#"{"place":4,"name":"dan""#), "{top}");
    let (_, around) = ask(one, "GET", "/around/eve").await;
    let names: Vec<_> = around
        .split(r#""name":""#)
        .skip(1)
        .map(|rest| &rest[..3])
        .collect();
    assert_eq!(names[1..], ["dan", "eve", "fay"], "{around}");

    // Of ten at once, to both, five pass at most, and one more with each fifth of a second that it takes.
    let began = std::time::Instant::now();
    let (mut passed, mut refused) = (0, 0);
    while refused == 0 {
        for address in [one, other] {
            let (status, body) = ask(address, "POST", "/score/zoe/1").await;
            match status {
                200 => passed += 1,
                429 => {
                    assert!(body.contains("retry-after: 1\r\n"), "{body}");
                    refused += 1;
                }
                _ => panic!("{body}"),
            }
        }
    }
    let back = 1 + began.elapsed().as_millis() / 200;
    assert!((5..=5 + back).contains(&passed), "{passed} passed");

    assert_eq!(ask(one, "POST", "/score/ada/101").await.0, 400);
    let (_, figures) = ask(one, "GET", "/figures").await;
    let expected = format!("{} scores of 7 players", 7 + passed);
    assert!(figures.contains(&expected), "{figures}");
    let (status, page) = ask(one, "GET", "/").await;
    assert!(status == 200 && page.contains("<h1>The ten best</h1>"));
}

#[tokio::test]
async fn in_memory() {
    let address = serve(&Cache::memory()).await;
    play(address, address).await;
}

#[tokio::test]
async fn two_on_one_redis() {
    let server = Server::start().await.unwrap();
    let cache = || Cache::builder().url(server.url()).build().unwrap();
    let caches = [cache(), cache()];
    for cache in &caches {
        cache.connect().await.unwrap();
    }
    let [one, other] = [serve(&caches[0]).await, serve(&caches[1]).await];
    play(one, other).await;
}
