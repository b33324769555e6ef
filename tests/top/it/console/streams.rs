//! The streams that keep pages up to date.

use cache_console::Console;
use cache_runtime::Cache;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Site, UNDER, call, until};

/// What comes first of a stream, and the stream.
async fn open(site: &Site) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(&site.address).await.unwrap();
    let asked = format!(
        "GET {UNDER}/live/overview HTTP/1.1\r\nHost: {}\r\n\r\n",
        site.address
    );
    stream.write_all(asked.as_bytes()).await.unwrap();
    let first = more(&mut stream, "\r\n\r\n").await;
    (first, stream)
}

/// Reads until there is this text.
async fn more(stream: &mut TcpStream, until: &str) -> String {
    let mut read = Vec::new();
    loop {
        let mut some = [0; 4_096];
        let count = stream.read(&mut some).await.unwrap();
        read.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&read);
        if text.contains(until) || count == 0 {
            return text.into_owned();
        }
    }
}

#[tokio::test]
async fn a_stream_tells_of_what_happens() {
    let cache = Cache::memory();
    let site = Site::serve(&Console::new(&cache)).await;
    let (head, mut stream) = open(&site).await;
    assert!(head.contains("text/event-stream"), "{head}");
    call(&cache, 7, 4_321).await;
    let told = more(&mut stream, ">4,321<").await;
    assert!(told.contains(">4,321<"), "{told}");
}

#[tokio::test]
async fn streams_are_bounded_and_one_that_is_left_makes_room() {
    let site = Site::serve(&Console::new(&Cache::memory())).await;
    let mut streams = Vec::new();
    let refused = loop {
        let (head, stream) = open(&site).await;
        if !head.contains(" 200 ") {
            break head;
        }
        streams.push(stream);
        assert!(streams.len() <= 32, "no end of streams");
    };
    assert!(
        refused.contains(" 503 ") && refused.contains("retry-after"),
        "{refused}"
    );
    assert_eq!(streams.len(), 32);
    drop(streams.pop());
    let again = async || {
        let (head, stream) = open(&site).await;
        head.contains(" 200 ").then_some(stream)
    };
    let _stream = until("room for another", again).await;
    // The page itself is whole without.
    assert!(site.get("overview", "").await.head.contains(" 200 "));
}
