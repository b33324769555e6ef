//! Where made tokens say they come from.

use proc_macro2::Span;

/// The user's place with the macro's hygiene: errors show there, names can't clash with the user's,
/// and lints know that nobody wrote it.
pub(crate) fn made(place: Span) -> Span {
    place.resolved_at(Span::mixed_site())
}
