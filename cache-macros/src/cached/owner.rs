//! Who owns the load: the caller's frame; a box, where it is dropped before the call ends; or one
//! that a task may take, where it refreshes in the background.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use super::model::Cached;
use crate::span;

fn is_boxed(model: &Cached) -> bool {
    model.arguments.is_in_background() || model.arguments.load_timeout.is_some()
}

/// The body, pinned where its owner keeps it.
pub(super) fn pinned(model: &Cached, body: &TokenStream) -> TokenStream {
    match is_boxed(model) {
        false => quote_spanned!(Span::mixed_site()=> ::core::pin::pin!(#body)),
        true => quote_spanned!(Span::mixed_site()=> ::std::boxed::Box::pin(#body)),
    }
}

/// What the runtime calls a load of this owner.
pub(super) fn entry(model: &Cached) -> Ident {
    let name = match () {
        () if model.arguments.is_in_background() => "load_in_background",
        () if is_boxed(model) => "load_boxed",
        () => "load",
    };
    format_ident!("{name}", span = span::made(model.output.ty.span()))
}

/// How the user's error is made of a timeout, for an owner that can end a load: shown at the limit,
/// as an error that can't be is a mistake there.
pub(super) fn timed_out(model: &Cached) -> Option<TokenStream> {
    let none = quote_spanned!(Span::mixed_site()=> ::core::option::Option::None,);
    let some = model.arguments.load_timeout.as_ref().map(|limit| {
        let private = span::shown_at(&model.private, limit.place());
        quote_spanned!(span::made(limit.place())=> ::core::option::Option::Some(#private::timed_out),)
    });
    is_boxed(model).then(|| some.unwrap_or(none))
}
