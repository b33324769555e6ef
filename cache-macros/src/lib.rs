//! The attributes and derives of `cache-runtime`, which re-exports them.

mod borrow;
mod cache;
mod cached;
mod derive_event;
mod derive_key;
mod derive_tag;
mod duration;
mod errors;
mod function;
mod invalidate;
mod mentions;
mod nearest;
mod number;
mod policy;
mod put;
mod settings;
mod span;
mod tags;
mod template;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;

/// Documented where it is re-exported, in `cache-runtime`.
#[proc_macro_attribute]
pub fn cached(annotation: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = cached::expand(annotation.clone().into(), item.clone().into());
    let (item, stub) = match expanded {
        Ok(_) => (item, TokenStream::new()),
        Err(_) => {
            let (annotation, item): (TokenStream2, TokenStream2) = (annotation.into(), item.into());
            let stub = cached::stub(annotation.clone(), item.clone());
            (cached::as_written(annotation, item).into(), stub.into())
        }
    };
    let mut tokens = beside(item, expanded);
    tokens.extend(stub);
    tokens
}

/// Documented where it is re-exported, in `cache-runtime`.
#[proc_macro_attribute]
pub fn cache_invalidate(annotation: TokenStream, item: TokenStream) -> TokenStream {
    beside(
        item.clone(),
        invalidate::expand(annotation.into(), item.into()),
    )
}

/// Documented where it is re-exported, in `cache-runtime`.
#[proc_macro_attribute]
pub fn cache_put(annotation: TokenStream, item: TokenStream) -> TokenStream {
    beside(item.clone(), put::expand(annotation.into(), item.into()))
}

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
pub fn derive_cache_key(input: TokenStream) -> TokenStream {
    derive_key::derive(input.into()).into()
}

/// Makes a struct or enum usable as a [`Tag`]: its name, and what its fields show.
///
/// `UserTag(42)` is the tag `user:42`: the type's name in snake case, without `Tag` at its end, then each
/// field's `Display` behind a colon. Of an enum the variant's name stands there. A `:` or `\` in a field's
/// text has a `\` before it, so that the parts of two tags never run together.
///
/// `rename = "user"` in `#[cache_tag(..)]`, on the type or a variant, gives another name; `crate = path` on
/// the type says where the runtime is, when it was renamed.
///
/// [`Tag`]: https://docs.rs/cache-runtime/latest/cache_runtime/struct.Tag.html
#[proc_macro_derive(CacheTag, attributes(cache_tag))]
pub fn derive_cache_tag(input: TokenStream) -> TokenStream {
    derive_tag::derive(input.into()).into()
}

/// Documented where it is re-exported, in `cache-toolkit`: a struct that is told of as an event.
///
/// | `#[cache_event(..)]` on the type | meaning |
/// |---|---|
/// | `"entity.updated"` | what the event is called in every process |
/// | `invalidates = ["entity:{entity_id}"]` | the tags that are invalid once it has happened: templates over its fields |
/// | `crate = path` | where `cache-toolkit` is, when it was renamed |
#[proc_macro_derive(CacheEvent, attributes(cache_event))]
pub fn derive_cache_event(input: TokenStream) -> TokenStream {
    derive_event::derive(input.into()).into()
}

/// An expansion, or its errors beside the item as it was, so that callers still resolve.
fn beside(item: TokenStream, expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    match expanded {
        Ok(tokens) => tokens.into(),
        Err(errors) => {
            let mut tokens = item;
            tokens.extend(TokenStream::from(errors.into_compile_error()));
            tokens
        }
    }
}
