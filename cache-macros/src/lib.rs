//! The attributes and derives of `cache-runtime`, which re-exports them.

mod derive_key;

/// Makes a struct or enum usable as a cache key: by its fields' names and values.
///
/// See `CacheKey` in `cache-runtime` for what is equal to what. On a field:
///
/// | `#[cache_key(..)]` | meaning |
/// |---|---|
/// | `skip` | the field is not part of the key |
/// | `rename = "name"` | the field's name in the key, so that a renamed field keeps its entries |
/// | `round = 3` | a float is rounded to so many decimals, 0 to 15 |
/// | `with = path` | `path`, a `fn(&T, &mut KeyWriter)`, writes the field, as one value |
///
/// `rename` stands on the type and on variants too; `crate = path` on the type says where the
/// runtime is, when it was renamed.
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn derive_cache_key(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_key::derive(input.into()).into()
}
