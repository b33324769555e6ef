//! A test of a hit that looks at what the body owns.

use cache_runtime::cached;

struct Repo {
    least: u64,
}

impl Repo {
    #[cached(ttl = "5m", valid_if = |value| *value > self.least, skip(self))]
    async fn user(self, id: u64) -> u64 {
        id + self.least
    }
}

fn main() {
    drop(Repo { least: 1 }.user(1));
}
