//! The expansion of `#[cache_invalidate]`: what is owed, the body, the settling.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
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
    let expire = arguments
        .expire
        .then(|| quote_spanned!(Span::mixed_site()=> __owed.expire();));
    let before = arguments
        .before
        .is_some()
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
    let from_value = arguments.tags_from.as_ref().map(|tags_from| {
        let place = span::made(tags_from.span());
        let private = span::shown_at(&private, tags_from.span());
        quote_spanned! {place=>
            {
                use #private::NotResult as _;
                if let ::core::option::Option::Some(__kept) = #private::Probe::<#ty>::kept(&__value) {
                    __owed.all_tags(#private::tags_of(__kept, #tags_from));
                }
            }
        }
    });
    let body = body(function, output, &mentioned);
    let statements = quote_spanned! {Span::mixed_site()=>
        #lent
        let mut __owed = #private::Invalidation::new(#cache);
        #expire
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
        #from_value
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
    let namespaces = arguments.namespaces.iter().map(|namespace| {
        let place = namespace.span();
        let namespace = borrowed(namespace, place);
        quote_spanned!(span::made(place)=> __owed.namespace(#namespace);)
    });
    let all = [
        ("all_tags", &arguments.all_tags),
        ("all_entries", &arguments.all_entries),
    ];
    let all = all.into_iter().filter_map(|(method, given)| {
        let given = given.as_ref()?;
        let place = span::made(given.span());
        let method = format_ident!("{method}", span = place);
        Some(quote_spanned!(place=> __owed.#method(#given);))
    });
    quote_spanned!(Span::mixed_site()=> #(#tags)* #(#entries)* #(#namespaces)* #(#all)*)
}
