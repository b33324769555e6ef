//! What must hold between the arguments of `#[cached]` and the fn. [`check`] lists every rule.

mod background;
mod key;
mod of_value;
mod policy;
mod serving;
mod templates;
mod value;

use std::collections::BTreeSet;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ext::IdentExt;

use super::arguments::Arguments;
use super::values::{Entry, Key};
use crate::errors::Errors;
use crate::function::{Form, Function, Output, check_function, check_returns, parameters};
use crate::mentions::mentions;
use crate::nearest::among;

pub(crate) use templates::check_tags;

use background::check_what_outlives_the_call_is_owned;
use key::{check_key_tells_calls_apart, check_no_type_is_hidden, check_nothing_is_changed};
use of_value::check_closures_see_the_value_alone;
use policy::{
    check_none_ends_before_the_others, check_nothing_unchecked_is_strong,
    check_settings_are_of_a_tier, check_settings_are_of_the_fn, check_there_are_errors_to_remember,
    check_timeout_has_an_error, check_what_is_forever_has_no_end, check_what_is_refreshed_is_stale,
    check_what_slides_can,
};
pub(super) use serving::older_is_an_argument;
use serving::{
    check_fresh_is_no_part_of_the_key, check_older_can_be_there, check_valid_if_can_ask,
};
use templates::check_templates;
use value::{check_fallible_is_a_result, check_value_has_a_name, check_value_is_owned};

/// Every rule; each notes its own mistakes.
pub(super) fn check(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    check_ttl_is_given(arguments, errors);
    check_function("cached", function, errors);
    check_is_cached_once(function, errors);
    if let Some(output) = Output::of(function) {
        check_returns(&output, errors);
        check_value_is_owned(&output, errors);
        check_value_has_a_name(function, &output, errors);
        check_companion_can_be(arguments, &output, errors);
        check_errors(arguments, &output, errors);
    }
    check_skips(arguments, function, errors);
    check_self_is_decided(arguments, function, errors);
    check_key_names_nothing_skipped(arguments, errors);
    check_key_tells_calls_apart(arguments, function, errors);
    check_no_type_is_hidden(arguments, function, errors);
    check_nothing_is_changed(arguments, function, errors);
    check_templates(arguments, function, errors);
    check_closures_see_the_value_alone(arguments, function, errors);
    check_valid_if_can_ask(arguments, function, errors);
    check_fresh_is_no_part_of_the_key(arguments, function, errors);
    check_older_can_be_there(arguments, function, errors);
    check_companion_is_named_apart(arguments, function, errors);
    check_settings_are_of_the_fn(arguments, function, errors);
    check_what_is_refreshed_is_stale(arguments, errors);
    check_settings_are_of_a_tier(arguments, errors);
    check_nothing_unchecked_is_strong(arguments, errors);
    check_none_ends_before_the_others(arguments, errors);
    check_what_is_forever_has_no_end(arguments, errors);
    check_what_slides_can(arguments, errors);
    check_what_outlives_the_call_is_owned(arguments, function, errors);
}

/// Whether a fn is one that has a companion, whatever else its annotation says.
pub(super) fn has_companion(arguments: &Arguments, function: &Function) -> bool {
    let mut errors = Errors::default();
    check_companion_is_named_apart(arguments, function, &mut errors);
    check_function("cached", function, &mut errors);
    check_is_cached_once(function, &mut errors);
    let output = Output::of(function);
    if let Some(output) = &output {
        check_returns(output, &mut errors);
        check_value_is_owned(output, &mut errors);
        check_value_has_a_name(function, output, &mut errors);
        check_fallible_is_a_result(arguments, output, &mut errors);
    }
    output.is_some() && errors.is_empty()
}

/// The rules for what says how errors are taken.
pub(super) fn check_errors(arguments: &Arguments, output: &Output, errors: &mut Errors) {
    check_fallible_is_a_result(arguments, output, errors);
    check_timeout_has_an_error(arguments, output, errors);
    check_there_are_errors_to_remember(arguments, output, errors);
}

fn check_ttl_is_given(arguments: &Arguments, errors: &mut Errors) {
    if !arguments.ttl_was_given && !arguments.policy_was_given {
        errors.at(
            Span::call_site(),
            "`#[cached]` needs to know how long an entry is fresh: add `ttl = \"5m\"`",
        );
    }
}

fn check_is_cached_once(function: &Function, errors: &mut Errors) {
    let again = function.attributes.iter().find(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| last.ident == "cached")
    });
    if let Some(again) = again {
        errors.on(
            again,
            "this fn is `#[cached]` already: keep one, with the arguments of both",
        );
    }
}

fn check_companion_can_be(arguments: &Arguments, output: &Output, errors: &mut Errors) {
    if let (Some(Entry::Named(name)), Form::Boxed) = (&arguments.entry, output.form) {
        errors.on(
            name,
            "a boxed method of a trait can have no companion beside it: write `entry = false`",
        );
    }
}

fn check_skips(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for name in &arguments.skip {
        if !seen.insert(name.to_string()) {
            errors.on(name, format!("`{name}` is skipped twice: keep one"));
        }
        let known = (name == "self" && function.receiver().is_some())
            || function
                .arguments()
                .iter()
                .any(|argument| argument.is_called(name))
            || parameters(function)
                .iter()
                .any(|param| param.name() == name);
        if !known {
            let mut all = argument_names(function);
            all.extend(
                parameters(function)
                    .iter()
                    .map(|param| param.name().to_string()),
            );
            errors.on(
                name,
                format!(
                    "`{name}` is no argument or type parameter of this fn{}",
                    among(&all, name)
                ),
            );
        }
    }
}

fn check_self_is_decided(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let Some(receiver) = function.receiver() else {
        return;
    };
    let skipped = arguments.skip.iter().any(|name| name == "self");
    let in_key = arguments
        .key
        .as_ref()
        .is_some_and(|key| key.mentions().contains("self"));
    if !skipped && !in_key && (arguments.key.is_some() || !arguments.key_was_given) {
        errors.on(
            receiver,
            "is `self` part of the key? add `skip(self)` if all instances share their entries, or name what tells \
             them apart, as `key = (self.tenant, id)`",
        );
    }
}

fn check_key_names_nothing_skipped(arguments: &Arguments, errors: &mut Errors) {
    let Some(key) = &arguments.key else { return };
    let mentioned = key.mentions();
    for name in arguments
        .skip
        .iter()
        .filter(|name| mentioned.contains(&name.unraw().to_string()))
    {
        errors.on(
            name,
            format!("`{name}` is skipped here and named by `key`: take it out of one of them"),
        );
    }
}

fn check_companion_is_named_apart(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    if let (Some(Entry::Off), Some(visibility)) = (&arguments.entry, &arguments.entry_vis) {
        errors.on(
            visibility,
            "`entry = false` leaves the companion out, which this is about: remove one of them",
        );
    }
    if let Some(Entry::Named(name)) = &arguments.entry
        && *name == function.signature.ident
    {
        errors.on(name, "the companion can't have the fn's own name: name it otherwise, as `entry = user_entry`");
    }
}

/// The names that templates can use.
fn argument_names(function: &Function) -> Vec<String> {
    let receiver = function
        .receiver()
        .map(|receiver| receiver.self_token.to_token_stream().to_string());
    let arguments = function.arguments();
    let bound = arguments.iter().flat_map(|argument| argument.bound());
    receiver
        .into_iter()
        .chain(bound.map(|name| name.unraw().to_string()))
        .collect()
}

impl Key {
    /// The arguments that are parts of the key as a whole.
    fn whole_names(&self) -> Vec<String> {
        let whole = |part: &Expr| match part {
            Expr::Path(path) => path.path.get_ident().map(|name| name.unraw().to_string()),
            _ => None,
        };
        match self {
            Self::Parts(parts) => parts.iter().filter_map(whole).collect(),
            Self::Readable(template) => (template.holes())
                .filter_map(|hole| whole(&hole.expression))
                .collect(),
        }
    }

    /// The names that the key's expressions mention.
    pub(super) fn mentions(&self) -> BTreeSet<String> {
        match self {
            Self::Parts(parts) => parts.iter().flat_map(mentions).collect(),
            Self::Readable(template) => template
                .holes()
                .flat_map(|hole| mentions(&hole.expression))
                .collect(),
        }
    }
}
