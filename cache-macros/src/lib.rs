//! The attributes and derives of `cache-runtime`, which re-exports them.

mod borrow;
mod cache;
mod cached;
mod duration;
mod errors;
mod function;
mod invalidate;
mod mentions;
mod nearest;
mod policy;
mod settings;
mod span;
mod tags;
mod template;

use proc_macro::TokenStream;

/// Caches what an async fn returns, by its arguments.
///
/// Documented in full where it is re-exported, in `cache-runtime`.
#[proc_macro_attribute]
pub fn cached(annotation: TokenStream, item: TokenStream) -> TokenStream {
    beside(item.clone(), cached::expand(annotation.into(), item.into()))
}

/// Invalidates tags, entries or namespaces once the annotated async fn has run.
///
/// Documented in full where it is re-exported, in `cache-runtime`.
#[proc_macro_attribute]
pub fn cache_invalidate(annotation: TokenStream, item: TokenStream) -> TokenStream {
    beside(
        item.clone(),
        invalidate::expand(annotation.into(), item.into()),
    )
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
