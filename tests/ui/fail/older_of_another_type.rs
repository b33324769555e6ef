//! The older value is of the type that is kept: of a `Result`, what `Ok` has.

use cache_runtime::cached;

#[cached(ttl = "5m", stale = "1h", older = previous)]
async fn page(id: u64) -> Result<u64, std::io::Error> {
    let known: Option<String> = previous;
    Ok(known.map_or(id, |text| text.len() as u64))
}

fn main() {}
