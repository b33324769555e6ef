//! What the author's own code is asked in a load: a method of the call for each option that is given, shown
//! where the option is.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::model::Cached;
use crate::span;

/// Those of a load.
pub(super) fn of_load(model: &Cached) -> TokenStream {
    let hooks = share(model).into_iter().chain(timed_out(model));
    hooks.chain([of_value(model)]).collect()
}

/// Those of the value alone, which the companion has too.
pub(super) fn of_value(model: &Cached) -> TokenStream {
    let arguments = &model.arguments;
    let hooks = [
        ("tags_from", "tags_of", &arguments.tags_from),
        ("cache_if", "kept", &arguments.cache_if),
        ("ttl_from", "lifetime", &arguments.ttl_from),
    ];
    let hooks = hooks
        .into_iter()
        .filter_map(|(method, asks, written)| Some(asked(model, method, asks, written.as_ref()?)));
    hooks.chain(none_ttl(model)).collect()
}

/// What the author's closure or fn is asked of the value, as a fn pointer: what was written captures nothing.
fn asked(model: &Cached, method: &str, asks: &str, written: &Expr) -> TokenStream {
    let private = span::shown_at(&model.private, written.span());
    let place = span::made(written.span());
    let [method, asks] = [method, asks].map(|word| format_ident!("{word}", span = place));
    if model.is_of_batch {
        // Of what is not there nothing is asked.
        return quote_spanned! {place=>
            .#method(|__value| #private::of_found(__value, |__value| #private::#asks(__value, #written)))
        };
    }
    quote_spanned!(place=> .#method(|__value| #private::#asks(__value, #written)))
}

/// How long nothing is kept: a value that is never nothing is a mistake at the argument.
fn none_ttl(model: &Cached) -> Option<TokenStream> {
    let given = model.arguments.none_ttl.as_ref()?;
    let private = span::shown_at(&model.private, given.place());
    let millis = given.millis(&private);
    Some(
        quote_spanned!(span::made(given.place())=> .none_ttl(#private::is_none, const { #millis })),
    )
}

/// How an error reaches those who waited for the load, if its type can be shared.
fn share(model: &Cached) -> Option<TokenStream> {
    let ty = &model.output.ty;
    let private = span::shown_at(&model.private, ty.span());
    if model.arguments.error_ttl.is_some() {
        return Some(quote_spanned!(span::made(ty.span())=> .share(#private::remembered())));
    }
    model.is_fallible().then(|| {
        quote_spanned! {span::made(ty.span())=>
            .share({
                use #private::NotShared as _;
                #private::Probe::<#ty>::new().share()
            })
        }
    })
}

/// How the user's error is made of a timeout: an error that can't be is a mistake at the limit.
fn timed_out(model: &Cached) -> Option<TokenStream> {
    let limit = model.arguments.load_timeout.as_ref()?;
    let private = span::shown_at(&model.private, limit.place());
    Some(quote_spanned!(span::made(limit.place())=> .timed_out(#private::timed_out)))
}
