//! The expansion of `#[cache_invalidate]`: what is owed, the body, the settling.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::arguments::Arguments;
use crate::borrow::borrowed;
use crate::function::{Function, Output, body, wrapped};
use crate::{cache, settings, span};

/// The fn with the invalidation around its body.
pub(super) fn function(arguments: Arguments, function: &Function, output: &Output) -> TokenStream {
    let runtime = settings::runtime(arguments.runtime.clone());
    let private = quote_spanned!(Span::mixed_site()=> #runtime::__private);
    let cache = cache::chosen(arguments.cache.as_ref(), &runtime);
    let owed = owed(&arguments, function, &runtime);
    let mentioned = arguments.mentioned();
    let lent: TokenStream = function
        .arguments()
        .into_iter()
        .filter(|argument| argument.lends(&mentioned))
        .map(|argument| argument.lent())
        .collect();
    let before = arguments
        .before
        .then(|| quote_spanned!(Span::mixed_site()=> __owed.before().await;));
    let ty = &output.ty;
    let only_ok = arguments.only_ok.then(|| {
        let shown = span::shown_at(&private, ty.span());
        quote_spanned! {span::made(ty.span())=>
            {
                use #shown::NotResult as _;
                #shown::tells_ok(#shown::Probe::<#ty>::new().kind());
            }
            __owed.only_ok();
        }
    });
    let body = body(function, output, &mentioned);
    let statements = quote_spanned! {Span::mixed_site()=>
        #lent
        let mut __owed = #private::Invalidation::new(#cache);
        #owed
        #before
        #only_ok
        __owed.arm();
        #[allow(clippy::let_unit_value)]
        let __value: #ty = #body.await;
        let __ok = {
            use #private::NotResult as _;
            #private::Probe::<#ty>::is_ok(&__value)
        };
        __owed.finish(__ok).await;
        __value
    };
    wrapped(function, output, statements)
}

/// Everything the annotation names, noted before the body takes the arguments.
fn owed(arguments: &Arguments, function: &Function, runtime: &TokenStream) -> TokenStream {
    let tags = arguments.tags.iter().map(|tag| {
        let tag = tag.tokens(runtime, function);
        quote_spanned!(Span::mixed_site()=> __owed.tag(#tag);)
    });
    let entries = arguments.entries.iter().map(|entry| {
        let place = entry.span();
        let entry = borrowed(entry, place);
        quote_spanned!(span::made(place)=> __owed.entry(#entry);)
    });
    let namespaces = arguments.namespaces.iter().map(
        |namespace| quote_spanned!(span::made(namespace.span())=> __owed.namespace(#namespace);),
    );
    quote_spanned!(Span::mixed_site()=> #(#tags)* #(#entries)* #(#namespaces)*)
}
