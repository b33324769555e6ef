//! Any type that is serde's `Serialize` as part of a key.

mod failure;
mod listing;
mod named;
mod serializer;

use serde::Serialize;

use self::serializer::Serializer;
use super::{CacheKey, KeyWriter};

/// Makes a key part of a value through its `serde::Serialize`.
///
/// For types of other crates that have no [`CacheKey`]. What serde says of the value is written with
/// the same encoding: structs by field names, enums by variant names, maps whatever their order.
///
/// ```
/// use cache_runtime::key::{KeyWriter, Serialized};
///
/// #[derive(serde::Serialize)]
/// struct Query { text: &'static str, page: u32 }
///
/// let first = KeyWriter::of(&Serialized(&Query { text: "tea", page: 1 }));
/// let second = KeyWriter::of(&Serialized(&Query { text: "tea", page: 2 }));
/// assert_ne!(first.as_bytes(), second.as_bytes());
/// ```
///
/// It is as injective as the type's `Serialize` is. Fields that serde skips aren't part of the key.
/// serde doesn't tell a `HashSet` from a list, so one inside is written in the order it iterates in:
/// equal sets may have two keys and miss, but never share another's.
///
/// # When serialization fails
///
/// The key is [unusable](KeyWriter::unusable): it equals no other, so the call always misses.
#[derive(Debug, Clone, Copy)]
pub struct Serialized<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> CacheKey for Serialized<'_, T> {
    fn write(&self, writer: &mut KeyWriter) {
        let start = writer.len();
        if let Err(failure) = self.0.serialize(Serializer { writer }) {
            writer.truncate(start);
            writer.unusable(failure.cause());
        }
    }
}
