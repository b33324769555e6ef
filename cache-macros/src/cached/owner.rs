//! Who owns the load: the caller's frame; a box, where it is dropped before the call ends or outlives it; or one
//! that a task may take, where it refreshes in the background or audits a hit.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::model::Cached;
use crate::span;

/// The body, pinned where its owner keeps it: what a task can't take is shown at the return type.
pub(super) fn owned(model: &Cached, body: &TokenStream) -> TokenStream {
    let place = model.output.ty.span();
    let private = span::shown_at(&model.private, place);
    match () {
        () if model.arguments.is_detachable() => {
            quote_spanned!(span::made(place)=> #private::detachable(#body))
        }
        () if model.arguments.load_timeout.is_some() || model.arguments.detach.is_some() => {
            quote_spanned!(span::made(place)=> #private::droppable(#body))
        }
        () => quote_spanned!(Span::mixed_site()=> ::core::pin::pin!(#body)),
    }
}
