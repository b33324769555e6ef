//! Names of tags that are none, or are another's.

use cache_runtime::{CacheTag, Tag};

#[derive(CacheTag)]
#[cache_tag(rename = "user:eu")]
struct UserTag(u64);

#[derive(CacheTag)]
#[cache_tag(rename = "any")]
enum Any {
    User(u64),
    #[cache_tag(rename = "user")]
    Other(u64),
    #[cache_tag(rename = "")]
    Empty,
}

fn main() {
    drop((Tag::from(UserTag(1)), Tag::from(Any::User(1))));
}
