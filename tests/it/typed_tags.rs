//! `#[derive(CacheTag)]`: tags that are values of a type.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, CacheTag, Tag, cache_invalidate, cached};

#[derive(CacheTag)]
struct UserTag(u64);

#[derive(CacheTag)]
struct Pair<'a>(&'a str, &'a str);

#[derive(CacheTag)]
enum Any {
    User(u64),
    #[cache_tag(rename = "team")]
    Group {
        org: String,
        name: String,
    },
    AllOfThem,
}

#[cached(ns = "typed", ttl = "1h", tags = [UserTag(id), Any::AllOfThem], tags_from = |name| [Pair("name", name)], skip(loads))]
async fn name(loads: &AtomicU32, id: u64) -> String {
    loads.fetch_add(1, Ordering::SeqCst);
    format!("a:{id}")
}

#[cache_invalidate(tags = [UserTag(id)])]
async fn rename(id: u64) {
    let _ = id;
}

#[test]
fn a_tag_is_its_name_and_what_its_fields_show() {
    let text = |tag: Tag| tag.as_str().to_owned();
    assert_eq!(text(UserTag(42).into()), "user:42");
    assert_eq!(text((&UserTag(42)).into()), "user:42");
    assert_eq!(text(Any::User(42).into()), "user:42");
    assert_eq!(text(Any::AllOfThem.into()), "all_of_them");
    let group = Any::Group {
        org: "a:b".to_owned(),
        name: "c\\d".to_owned(),
    };
    assert_eq!(text(group.into()), r"team:a\:b:c\\d");
}

#[test]
fn the_parts_of_two_tags_never_run_together() {
    let parts = [
        "", "a", ":", "a:", ":a", "\\", "\\:", ":\\", "a:b", "a\\:b", "{x}",
    ];
    let mut seen = Vec::new();
    for one in parts {
        for two in parts {
            let tag = Tag::from(Pair(one, two));
            assert!(!seen.contains(&tag), "{tag}");
            seen.push(tag);
        }
    }
}

#[tokio::test]
async fn what_carries_one_is_cleared_by_it() {
    let cache = Cache::memory();
    cache
        .scope(async {
            let loads = AtomicU32::new(0);
            let tags: [Tag; 4] = [
                UserTag(1).into(),
                Any::User(1).into(),
                Any::AllOfThem.into(),
                Pair("name", "a:1").into(),
            ];
            for tag in tags {
                name(&loads, 1).await;
                assert_eq!(loads.swap(0, Ordering::SeqCst), 1, "{tag}");
                cache.tag(tag).invalidate().await.unwrap();
            }
            name(&loads, 1).await;
            cache.tag(UserTag(2)).invalidate().await.unwrap();
            name(&loads, 1).await;
            assert_eq!(loads.load(Ordering::SeqCst), 1);
            rename(1).await;
            name(&loads, 1).await;
            assert_eq!(loads.load(Ordering::SeqCst), 2);
        })
        .await;
}
