//! What `fresh` and `valid_if` may ask of the call.

use syn::{Expr, ReceiverKind};

use super::argument_names;
use super::of_value::check_takes_the_value;
use crate::cached::arguments::{Arguments, VALID_IF};
use crate::cached::captures::captured;
use crate::errors::Errors;
use crate::function::Function;

pub(super) fn check_valid_if_can_ask(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let Some(valid_if) = &arguments.valid_if else {
        return;
    };
    if let (true, Some((_, place))) = (arguments.is_in_background(), arguments.refresh) {
        errors.at(
            place,
            "a call whose `valid_if` refuses a value loads for itself, and a task would have its body: write \
             `refresh = \"caller\"`, or remove `valid_if`",
        );
    }
    let Expr::Closure(closure) = valid_if else {
        return;
    };
    check_takes_the_value(closure, &VALID_IF, errors);
    let is_owned = function
        .receiver()
        .is_some_and(|receiver| !matches!(receiver.kind, ReceiverKind::Reference(..)));
    if is_owned && let [(_, place), ..] = captured(closure, &["self".to_owned()])[..] {
        errors.at(
            place,
            "the body owns `self`, and `valid_if` looks at it beside the load: take `&self`, or what it compares as \
             an argument",
        );
    }
}

/// A call of another key would reload an entry that no other call is served.
pub(super) fn check_fresh_is_no_part_of_the_key(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let (Some(Expr::Path(path)), false) = (&arguments.fresh, arguments.key_was_given) else {
        return;
    };
    let Some(name) = path.path.get_ident() else {
        return;
    };
    let is_argument = argument_names(function).contains(&name.to_string());
    let is_skipped = arguments.skip.iter().any(|skipped| skipped == name);
    if is_argument && !is_skipped {
        errors.on(
            name,
            format!(
                "`{name}` is part of the key, so a call that reloads has an entry of its own: add `skip({name})`"
            ),
        );
    }
}
