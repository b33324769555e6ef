//! What the author's own code is asked in a load: a method of the call for each option that is given, shown
//! where the option is.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::model::Cached;
use crate::span;

/// Those of a load.
pub(super) fn of_load(model: &Cached) -> TokenStream {
    let hooks = [share(model), tags_from(model), timed_out(model)];
    hooks.into_iter().flatten().collect()
}

/// Those of the value alone, which the companion has too.
pub(super) fn of_value(model: &Cached) -> TokenStream {
    tags_from(model).into_iter().collect()
}

/// How an error reaches those who waited for the load, if its type can be shared.
fn share(model: &Cached) -> Option<TokenStream> {
    let ty = &model.output.ty;
    let private = span::shown_at(&model.private, ty.span());
    model.is_fallible().then(|| {
        quote_spanned! {span::made(ty.span())=>
            .share({
                use #private::NotShared as _;
                #private::Probe::<#ty>::new().share()
            })
        }
    })
}

/// The tags that only the value tells, as a fn pointer: what the user wrote captures nothing.
fn tags_from(model: &Cached) -> Option<TokenStream> {
    let written = model.arguments.tags_from.as_ref()?;
    let private = span::shown_at(&model.private, written.span());
    let place = span::made(written.span());
    Some(quote_spanned!(place=> .tags_from(|__value| #private::tags_of(__value, #written))))
}

/// How the user's error is made of a timeout: an error that can't be is a mistake at the limit.
fn timed_out(model: &Cached) -> Option<TokenStream> {
    let limit = model.arguments.load_timeout.as_ref()?;
    let private = span::shown_at(&model.private, limit.place());
    Some(quote_spanned!(span::made(limit.place())=> .timed_out(#private::timed_out)))
}
