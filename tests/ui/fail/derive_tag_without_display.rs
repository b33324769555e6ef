//! A tag of what can't be shown.

use cache_runtime::CacheTag;

struct Id(u64);

#[derive(CacheTag)]
struct UserTag(Id);

fn main() {
    drop(cache_runtime::Tag::from(UserTag(Id(1))));
}
