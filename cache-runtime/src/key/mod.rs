//! Keys: an injective encoding of arguments.
//!
//! What a fn is called with becomes bytes, and two calls share an entry exactly when their bytes are
//! equal. So the encoding keeps three promises, for every type here:
//!
//! - **Injective.** Different values, different bytes. Each value begins with a byte that names its
//!   kind and width, and whatever has a length says it first: `("ab", "c")` is not `("a", "bc")`,
//!   `Some(1)` is not `1`, `None` is not `""`, `1_u8` is not `1_u16`.
//! - **Prefix-free.** No value's bytes begin another's, so values can be written one after the other.
//! - **The same everywhere.** Little endian, `usize` and `isize` as 64 bits, struct fields and
//!   enum variants by name: neither the platform, nor the build, nor the order of fields matters.
//!
//! # What counts as equal
//!
//! A key follows the type's own idea of equality, so values that compare equal share an entry:
//!
//! | values | key |
//! |---|---|
//! | `String`, `&str`, `Box<str>`, `Cow<str>`, `url::Url` | their text |
//! | `&T`, `Box<T>`, `Rc<T>`, `Arc<T>`, `Cow<T>`, `Wrapping<T>`, `NonZero<T>` | that of `T` |
//! | `Vec<T>`, `[T]`, `[T; N]`, `VecDeque<T>` | the items in order |
//! | maps and sets, hashed or sorted | the entries, sorted by their bytes |
//! | `usize` and `u64`, `isize` and `i64` | the number |
//! | `-0.0` and `0.0`; every NaN | one zero; one NaN |
//! | `rust_decimal`: `1.0` and `1.00` | the number, without trailing zeros |
//! | `SystemTime`, `chrono::DateTime<Tz>`, `time::OffsetDateTime`, `jiff::Timestamp`, `jiff::Zoned` | the instant, **whatever the time zone** |
//! | `Duration` of std, chrono, time and jiff | the length |
//! | `serde_json::Value` | objects whatever the order of keys; `1` is not `1.0` |
//!
//! A fn whose result depends on what such an equality hides, the time zone of a `DateTime` say, has
//! to name it in its key: `key = (at, at.offset().to_string())`.
//!
//! Paths are written by the bytes the platform holds them in: `a//b` is not `a/b`, and a path that
//! isn't UTF-8, or has separators, reads differently on Windows and on Unix.

mod buffer;
mod compound;
mod hash;
mod impls;
mod kind;
mod rounded;
mod serialized;
#[cfg(test)]
mod tests;
mod unordered;
mod writer;

pub use compound::FieldWriter;
pub(crate) use kind::integer;
pub use rounded::Rounded;
pub use serialized::Serialized;
pub use writer::KeyWriter;

/// A value that can be part of a key.
///
/// Derive it for your own types; [`Serialized`] adapts any type that has `serde::Serialize`.
///
/// # By hand
///
/// An implementation writes exactly **one** value, built from what tells two of its kind apart:
///
/// ```
/// use cache_runtime::key::{CacheKey, KeyWriter};
///
/// enum Area {
///     Circle { centre: (i32, i32), radius: u32 },
///     Everywhere,
/// }
///
/// impl CacheKey for Area {
///     fn write(&self, writer: &mut KeyWriter) {
///         match self {
///             Self::Circle { centre, radius } => writer.variant("Area", "Circle", |fields| {
///                 fields.field("centre", centre).field("radius", radius);
///             }),
///             Self::Everywhere => writer.variant("Area", "Everywhere", |_| {}),
///         }
///     }
/// }
///
/// let near = KeyWriter::of(&Area::Circle { centre: (1, 2), radius: 3 });
/// let far = KeyWriter::of(&Area::Everywhere);
/// assert_ne!(near.as_bytes(), far.as_bytes());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a cache key",
    label = "not a `CacheKey`",
    note = "for a type of your own, add `#[derive(CacheKey)]`",
    note = "for a type that is `serde::Serialize`, pass `Serialized(&x)`, as in `key = (Serialized(&x),)`",
    note = "for an argument that doesn't change the result, add `skip(argument)`"
)]
pub trait CacheKey {
    /// Writes the value to `writer`, as one value.
    fn write(&self, writer: &mut KeyWriter);

    /// Whether equal keys mean equal text: what `Display` writes of the value follows from its key.
    /// A tag that shows the value is then decided by the key.
    #[doc(hidden)]
    #[inline]
    fn __shows_text(&self) -> bool {
        false
    }

    /// Writes `head` and then `tail` as one list. Bytes override it, to be written as they are.
    #[doc(hidden)]
    #[inline]
    fn write_list(head: &[Self], tail: &[Self], writer: &mut KeyWriter)
    where
        Self: Sized,
    {
        writer.sequence(head.iter().chain(tail));
    }
}
