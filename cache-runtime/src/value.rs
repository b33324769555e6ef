//! What a cached function may return.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be cached: `Clone + Serialize + DeserializeOwned + Send + Sync + 'static`.
///
/// It is implemented for every type that has these. A hit clones the value; return `Arc<T>` where
/// that costs too much, and a hit is a reference count (serde's `rc` feature is on).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cached",
    label = "this is what the cache would keep",
    note = "a cached value needs `#[derive(Clone, serde::Serialize, serde::Deserialize)]` and must own its data (`Send + Sync + 'static`)",
    note = "return an owned type, or `Arc<T>` of one; if this is a `Result` under another name, add `fallible` to #[cached]"
)]
pub trait Cacheable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Cacheable for T {}
