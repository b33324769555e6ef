//! Where made tokens say they come from.

use proc_macro2::{Span, TokenStream};

/// The user's place with the macro's hygiene: errors show there, names can't clash with the user's,
/// and lints know that nobody wrote it.
pub(crate) fn made(place: Span) -> Span {
    place.resolved_at(Span::mixed_site())
}

/// Made tokens shown at another place: a path is then as one with the call it begins.
pub(crate) fn shown_at(tokens: &TokenStream, place: Span) -> TokenStream {
    let shown = tokens.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    shown.collect()
}
