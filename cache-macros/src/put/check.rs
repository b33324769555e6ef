//! What must hold between the arguments of `#[cache_put]` and the fn. [`check`] lists every rule.

use proc_macro2::Span;
use syn::{ReturnType, Type};

use super::arguments::{Arguments, Entry};
use crate::errors::Errors;
use crate::function::{Function, Output, bare, check_function, check_returns};

/// Every rule; each notes its own mistakes.
pub(super) fn check(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    check_an_entry_is_named(arguments, errors);
    check_function("cache_put", function, errors);
    if let Some(output) = Output::of(function) {
        check_returns(&output, errors);
        check_there_is_a_value(function, &output, errors);
        check_ok_can_be_told(arguments, &output, errors);
    }
}

fn check_an_entry_is_named(arguments: &Arguments, errors: &mut Errors) {
    if !arguments.entry_was_given {
        errors.at(
            Span::call_site(),
            "`#[cache_put]` needs to know which entry the value is for: add `entry = user_entry(id)`, or \
             `entry = |user| user_entry(user.id)` where only the value tells",
        );
    }
}

fn check_there_is_a_value(function: &Function, output: &Output, errors: &mut Errors) {
    if matches!(bare(&output.ty), Type::Tuple(unit) if unit.elems.is_empty()) {
        let message = "this fn returns nothing, so there is nothing to put: return what the entry holds, or write \
                       `#[cache_invalidate(entries = [..])]`";
        match &function.signature.output {
            ReturnType::Default => errors.on(&function.signature.ident, message),
            ReturnType::Type(..) => errors.on(&output.ty, message),
        }
    }
}

/// What may be a `Result` under another name is told when it is built.
fn check_ok_can_be_told(arguments: &Arguments, output: &Output, errors: &mut Errors) {
    let Some(place) = arguments.only_ok else {
        return;
    };
    if let Some(Entry::OfValue(_)) = arguments.entry {
        errors.at(place, "an error has no value that could tell its entry, so it changes none anyway: remove `on`");
    } else if output.is_surely_no_result() {
        errors.on(
            &output.ty,
            "`on = \"ok\"` leaves the entry as it is where the fn returned an error, and this is no `Result`: remove `on`",
        );
    }
}
