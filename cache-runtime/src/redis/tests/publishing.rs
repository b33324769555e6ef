//! The list of processes that publish what they count.

use std::time::Duration;

use cache_tests::Server;

use super::{names, up};
use crate::redis::{PublishAsk, Topology};

const LIST: &str = "p:f:{fleet}";

/// Publishes for a process of which all 32 digits are this; whether there was room among `most`.
async fn publish(link: &Topology, digit: &str, life_ms: u64, most: usize) -> bool {
    let id = digit.repeat(32);
    let ask = PublishAsk {
        list: LIST,
        name: &format!("{LIST}:{id}"),
        id: &id,
        life_ms,
        snapshot: digit.as_bytes(),
        most,
    };
    link.publish(&ask).await.unwrap()
}

/// The first digits of the processes in the list.
async fn listed(link: &Topology) -> String {
    let read = link.read(names([LIST])).await.unwrap();
    let list = read.found[0].bytes.clone().unwrap_or_default();
    assert_eq!(list.len() % 48, 0);
    list.chunks(48)
        .map(|record| char::from(record[0]))
        .collect()
}

async fn told(link: &Topology, digit: &str) -> Option<Vec<u8>> {
    let name = format!("{LIST}:{}", digit.repeat(32));
    let read = link.read(names([name.as_str()])).await.unwrap();
    read.found[0].bytes.as_deref().map(<[u8]>::to_vec)
}

#[tokio::test]
async fn each_process_is_listed_once_until_its_time_is_over_or_it_is_taken_back() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    for _ in 0..2 {
        assert!(publish(&link, "a", 60_000, 8).await);
    }
    assert!(publish(&link, "b", 1, 8).await);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(publish(&link, "c", 60_000, 8).await);
    assert_eq!(listed(&link).await, "ac");
    assert_eq!(
        (told(&link, "a").await, told(&link, "b").await),
        (Some(b"a".to_vec()), None)
    );
    assert!(publish(&link, "a", 0, 8).await);
    assert_eq!(
        (listed(&link).await.as_str(), told(&link, "a").await),
        ("c", None)
    );
    assert!(publish(&link, "c", 0, 8).await);
    assert_eq!(listed(&link).await, "");
}

#[tokio::test]
async fn a_full_list_has_no_room_for_another_and_has_for_those_in_it() {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    for digit in ["a", "b", "a"] {
        assert!(publish(&link, digit, 60_000, 2).await);
    }
    assert!(!publish(&link, "c", 60_000, 2).await);
    assert_eq!(listed(&link).await, "ba");
    assert_eq!(told(&link, "c").await, None);
}
