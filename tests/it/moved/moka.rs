//! Examples of `moka`, and of stores of `cached` that no function fills: entries that are written by hand.

use cache_runtime::{Cache, cached};

use super::SECOND;

/// What only a write fills: a read that finds nothing keeps nothing.
#[cached(ttl = "20s", none_ttl = 0)]
async fn letter(name: &str) -> Option<String> {
    let _ = name;
    None
}

#[tokio::test]
async fn entries_are_written_read_and_cleared_by_hand() {
    let test = Cache::testing();
    test.run(async {
        for name in ["a", "b", "c", "d"] {
            letter_entry(name)
                .put(Some(name.to_uppercase()))
                .await
                .unwrap();
        }
        letter_entry("a").invalidate().await.unwrap();
        assert_eq!(letter_entry("a").get().await, None);
        assert_eq!(letter_entry("b").get().await, Some(Some("B".to_owned())));
        assert_eq!(letter("c").await, Some("C".to_owned()));
        test.advance(SECOND * 20);
        assert_eq!(letter_entry("b").get().await, None);
        assert_eq!(letter("c").await, None);
        assert!(letter_entry("c").inspect().await.is_none());
    })
    .await;
}
