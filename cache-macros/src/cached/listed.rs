//! What a site says of its fn before it is called: what its author wrote, and the policy, where that is no matter of
//! the fn's types.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Path};

use super::lookup::{Checked, policy, policy_value};
use super::model::{Base, Cached};
use crate::span;
use crate::tags::Tag;

/// `.written(..)`: the arguments, and the tags among them.
pub(super) fn written(model: &Cached) -> TokenStream {
    let arguments = &model.arguments.written;
    let tags = model.arguments.tags.iter().map(|tag| match tag {
        Tag::Template(template) => template.literal.value(),
        Tag::Expression(expression) => text(expression),
    });
    quote_spanned!(Span::mixed_site()=> .written(#arguments, &[#(#tags),*]))
}

/// `.generic()`, of a fn with types in its key.
pub(super) fn generic(model: &Cached) -> Option<TokenStream> {
    let is_generic = !model.types.is_empty() || !model.unnamed().is_empty();
    is_generic.then(|| quote_spanned!(Span::mixed_site()=> .generic()))
}

/// The policy as an item of the fn, and `.policy(..)`, which has the site say it.
pub(super) fn policy_of_site(model: &Cached) -> Option<(TokenStream, TokenStream)> {
    if !is_constant(model) {
        return None;
    }
    let private = span::shown_at(&model.private, model.base.place());
    let value = policy_value(model, Checked::Here);
    let place = span::made(model.base.place());
    let constant = quote_spanned!(place=> const __POLICY: #private::Policy = #value;);
    Some((
        constant,
        quote_spanned!(Span::mixed_site()=> .policy(&__POLICY)),
    ))
}

/// The policy as the fn's own calls have it.
pub(super) fn policy_of_fn(model: &Cached) -> TokenStream {
    match is_constant(model) {
        true => quote_spanned!(span::made(model.base.place())=> &__POLICY),
        false => policy(model, Checked::Here),
    }
}

/// The policy as the companion has it: what is wrong with it is said once, by the fn's item where that has it.
pub(super) fn policy_of_companion(model: &Cached) -> TokenStream {
    match is_constant(model) {
        true => policy(model, Checked::Elsewhere),
        false => policy(model, Checked::Here),
    }
}

/// Whether an item can have the policy, which can't name `Self` or the type parameters around the fn. What an
/// expression names may be one of these, and nobody can tell by its name.
fn is_constant(model: &Cached) -> bool {
    let arguments = &model.arguments;
    let base = match &model.base {
        Base::Ttl(ttl) => ttl.is_literal(),
        Base::Shared(policy, ttl) => {
            is_of_item(policy) && ttl.as_ref().is_none_or(|ttl| ttl.is_literal())
        }
    };
    let durations = [
        &arguments.wait,
        &arguments.stale,
        &arguments.sliding,
        &arguments.load_timeout,
        &arguments.error_ttl,
    ];
    let numbers = [
        &arguments.early,
        &arguments.jitter,
        &arguments.audit,
        &arguments.cost_per_load,
    ];
    let sizes = [&arguments.max_value, &arguments.max_entries];
    let is_literal = |size: &Expr| matches!(size, Expr::Lit(_));
    base && (durations.into_iter().flatten()).all(|given| given.is_literal())
        && (numbers.into_iter().flatten()).all(|number| number.is_literal())
        && sizes.into_iter().flatten().all(is_literal)
}

/// Whether a policy is surely an item's: no const parameter is of its type, and a path into a type begins with a
/// capital, as the compiler's lints have it.
fn is_of_item(policy: &Expr) -> bool {
    let Expr::Path(path) = policy else {
        return false;
    };
    path.qself.is_none() && (path.path.get_ident().is_some() || is_of_module(&path.path))
}

fn is_of_module(path: &Path) -> bool {
    let first = path.segments.first().map(|first| first.ident.to_string());
    path.leading_colon.is_some() || first.is_some_and(|first| first.starts_with(char::is_lowercase))
}

/// Some tokens on one line.
pub(super) fn text(tokens: impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join(" ")
}
