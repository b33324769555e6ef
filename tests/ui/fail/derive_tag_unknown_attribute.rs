//! What a tag's attributes do not know.

use cache_runtime::CacheTag;

#[derive(CacheTag)]
#[cache_tag(name = "user")]
struct UserTag(u64);

#[derive(CacheTag)]
enum Any {
    #[cache_tag(crate = cache_runtime)]
    User(u64),
}

fn main() {}
