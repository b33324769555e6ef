//! The tags of a call: before the look where memory needs them to tell calls apart, the others after it.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::Expr;

use super::model::Cached;
use crate::borrow::borrowed;
use crate::tags::Tag;

/// A tag that stands beside the key, unless all it shows are parts that the key shows in full.
pub(super) fn beside(
    model: &Cached,
    index: usize,
    tag: &Tag,
    shown: Option<Vec<&Expr>>,
) -> TokenStream {
    let private = &model.private;
    let Some(shown) = shown else {
        let told = told_tag(index);
        return quote_spanned!(Span::mixed_site()=> #private::beside(&mut __key, &#told););
    };
    let tag = tag.tokens(&model.runtime, &model.function);
    let shown = shown.into_iter().map(|part| {
        let part = borrowed(part, Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> #private::shows_text(#part))
    });
    quote_spanned! {Span::mixed_site()=>
        if !(#(#shown)&&*) { #private::beside(&mut __key, &#tag); }
    }
}

/// `let __tag_0 = ..;` for each tag that memory needs to tell the calls apart: what its author wrote
/// runs once a call, as it may count, log or allocate.
pub(super) fn told_tags(model: &Cached) -> TokenStream {
    let told = model
        .tags_beside_key()
        .filter(|(_, _, shown)| shown.is_none())
        .map(|(index, tag, _)| {
            let (name, tag) = (told_tag(index), tag.tokens(&model.runtime, &model.function));
            quote_spanned! {Span::mixed_site()=>
                #[allow(clippy::used_underscore_binding)]
                let #name = #tag;
            }
        });
    quote_spanned!(Span::mixed_site()=> #(#told)*)
}

fn told_tag(index: usize) -> Ident {
    format_ident!("__tag_{index}", span = Span::mixed_site())
}

/// `let __tags = [..];`
pub(super) fn tags(model: &Cached) -> TokenStream {
    let runtime = &model.runtime;
    let told: BTreeSet<usize> = model
        .tags_beside_key()
        .filter_map(|(index, _, shown)| shown.is_none().then_some(index))
        .collect();
    let tags = model.arguments.tags.iter().enumerate();
    let tags = tags.map(|(index, tag)| match told.contains(&index) {
        true => told_tag(index).into_token_stream(),
        false => tag.tokens(runtime, &model.function),
    });
    let count = model.arguments.tags.len();
    quote_spanned! {Span::mixed_site()=>
        #[allow(clippy::used_underscore_binding)]
        let __tags: [#runtime::Tag; #count] = [#(#tags),*];
    }
}
