//! The expansion of `#[cache_put]`: the entry, the body, the value's way into it.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure};

use super::arguments::{Arguments, Entry};
use crate::function::{Function, Output, body, wrapped};
use crate::mentions::mentions;
use crate::{settings, span};

/// The fn with the put around its body. `None` only without an `entry`, which the checks have refused.
pub(super) fn function(
    arguments: Arguments,
    function: &Function,
    output: &Output,
) -> Option<TokenStream> {
    let runtime = settings::runtime(arguments.runtime);
    let private = quote_spanned!(Span::mixed_site()=> #runtime::__private);
    let only_ok = arguments.only_ok.map(|_| only_ok(&private, output));
    let statements = match arguments.entry? {
        Entry::Is(entry) => of_arguments(&private, (function, output), &entry, only_ok.as_ref()),
        Entry::OfValue(entry) => of_value(&private, (function, output), &entry),
    };
    Some(wrapped(function, output, statements))
}

fn of_arguments(
    private: &TokenStream,
    (function, output): (&Function, &Output),
    entry: &Expr,
    only_ok: Option<&TokenStream>,
) -> TokenStream {
    let mentioned = mentions(entry);
    let lent: TokenStream = function
        .arguments()
        .into_iter()
        .filter(|argument| argument.lends(&mentioned))
        .map(|argument| argument.lent())
        .collect();
    let (ty, body) = (&output.ty, body(function, output, &mentioned));
    let place = entry.span();
    let shown = span::shown_at(private, place);
    let begin = quote_spanned! {span::made(place)=>
        let mut __put = #shown::Put::begin(&__entry).await;
    };
    let kept = kept(private, output);
    let finish = quote_spanned!(span::made(place)=> __put.finish(__kept).await;);
    quote_spanned! {Span::mixed_site()=>
        #lent
        let __entry = #entry;
        #begin
        #only_ok
        let __value: #ty = __put.during(#body).await;
        {
            use #private::NotResult as _;
            let __kept = #kept;
            #finish
        }
        __value
    }
}

/// The entry is named once the value is there.
fn of_value(
    private: &TokenStream,
    (function, output): (&Function, &Output),
    entry: &ExprClosure,
) -> TokenStream {
    let (ty, body) = (&output.ty, body(function, output, &BTreeSet::new()));
    let place = entry.span();
    let shown = span::shown_at(private, place);
    let kept = kept(private, output);
    let put = quote_spanned! {span::made(place)=>
        let __entry = #shown::entry_of(__kept, #entry);
        let mut __put = #shown::Put::begin(&__entry).await;
        __put.armed();
        __put.finish(::core::option::Option::Some(__kept)).await;
    };
    quote_spanned! {Span::mixed_site()=>
        let __value: #ty = #body.await;
        {
            use #private::NotResult as _;
            if let ::core::option::Option::Some(__kept) = #kept {
                #put
            }
        }
        __value
    }
}

/// What is kept of the value: of a `Result`, under whatever name, what `Ok` has.
fn kept(private: &TokenStream, output: &Output) -> TokenStream {
    let ty = output.ty.to_token_stream();
    quote_spanned!(Span::mixed_site()=> #private::Probe::<#ty>::kept(&__value))
}

fn only_ok(private: &TokenStream, output: &Output) -> TokenStream {
    let ty = &output.ty;
    let shown = span::shown_at(private, ty.span());
    quote_spanned! {span::made(ty.span())=>
        {
            use #shown::NotResult as _;
            #shown::tells_ok(#shown::Probe::<#ty>::new().kind());
        }
        __put.only_ok();
    }
}
