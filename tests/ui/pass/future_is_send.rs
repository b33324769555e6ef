//! The future is `Send` when the body is, and keeps no key alive over an `await`.

use std::rc::Rc;

use cache_runtime::cached;

#[cached(ttl = "5m", tags = ["user:{id}"])]
async fn sent(id: u64, name: &str) -> Result<String, String> {
    tokio::task::yield_now().await;
    Ok(format!("{name}{id}"))
}

#[cached(ttl = "5m", skip(local))]
async fn local(local: Rc<u64>, id: u64) -> u64 {
    tokio::task::yield_now().await;
    *local + id
}

fn is_send<F: Send>(future: F) -> F {
    future
}

#[test]
fn a_future_is_as_its_body_is() {
    drop(is_send(sent(1, "a")));
    drop(local(Rc::new(1), 2));
}
