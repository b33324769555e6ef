//! The caching that examples of other libraries show, said in annotations: what each keeps, and when it ends. A file for
//! each library; the guide's chapter on coming from another cache lists the examples.

mod cached;
mod hitbox;
mod moka;

use std::time::Duration;

use cache_runtime::{Served, outcome};

const LIMIT: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);

fn words(word: &str) -> Vec<String> {
    vec![word.to_owned()]
}

async fn served<F: Future>(call: F) -> Served {
    outcome(call).await.1.served
}
