//! The load of an audit would outlive its `self`.

use cache_runtime::cached;

struct Users;

impl Users {
    #[cached(ttl = "5m", audit = 0.001, skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Users.find(1);
}
