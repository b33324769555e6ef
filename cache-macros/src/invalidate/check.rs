//! What must hold between the arguments of `#[cache_invalidate]` and the fn. [`check`] lists every rule.

use proc_macro2::Span;

use super::arguments::Arguments;
use crate::cached::check_tags;
use crate::errors::Errors;
use crate::function::{Function, Output, check_function, check_returns};

/// Every rule; each notes its own mistakes.
pub(super) fn check(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    check_something_is_named(arguments, errors);
    check_nothing_expires_before(arguments, errors);
    check_function("cache_invalidate", function, errors);
    if let Some(output) = Output::of(function) {
        check_returns(&output, errors);
        check_ok_can_be_told(arguments, &output, errors);
    }
    check_tags(&arguments.tags, function, errors);
}

/// What may be a `Result` under another name is told when it is built.
fn check_ok_can_be_told(arguments: &Arguments, output: &Output, errors: &mut Errors) {
    if arguments.only_ok && output.is_surely_no_result() {
        errors.on(
            &output.ty,
            "`on = \"ok\"` invalidates where the fn returned `Ok`, and this is no `Result`: remove `on`",
        );
    }
}

fn check_nothing_expires_before(arguments: &Arguments, errors: &mut Errors) {
    if let (Some(before), true) = (&arguments.before, arguments.expire) {
        errors.on(
            before,
            "`before` is for what may not be served while the fn runs, and what `expire` makes stale may be: remove one of them",
        );
    }
}

fn check_something_is_named(arguments: &Arguments, errors: &mut Errors) {
    let is_empty = arguments.tags.is_empty()
        && arguments.entries.is_empty()
        && arguments.namespaces.is_empty();
    let knows_before = !is_empty || arguments.all_tags.is_some() || arguments.all_entries.is_some();
    if let (Some(tags_from), true, false) = (
        &arguments.tags_from,
        arguments.before.is_some(),
        knows_before,
    ) {
        errors.on(
            tags_from,
            "before the fn runs nobody knows what it returns: remove `before`, or name what is to be invalidated then in `tags`",
        );
    }
    if !arguments.names_something {
        errors.at(
            Span::call_site(),
            "`#[cache_invalidate]` needs something to invalidate: add `tags = [..]`, `entries = [..]`, `namespaces = [..]` or `tags_from`",
        );
    }
}
