//! `cache = expr`: the `Cache` that an annotation names.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

use crate::borrow::borrowed;
use crate::span;

/// `Some(&cache)` where one is named, else `None`: the runtime takes the scoped or installed one.
pub(crate) fn chosen(cache: Option<&Expr>, runtime: &TokenStream) -> TokenStream {
    match cache {
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        Some(cache) => {
            let place = cache.span();
            let cache = borrowed(cache, place);
            let runtime = span::shown_at(runtime, place);
            quote_spanned! {span::made(place)=>
                ::core::option::Option::Some(#runtime::__private::named_cache(#cache))
            }
        }
    }
}
