//! What `fresh` and `valid_if` may ask of the call.

use syn::ext::IdentExt;
use syn::{Expr, ReceiverKind};

use super::of_value::check_takes_the_value;
use crate::cached::arguments::Arguments;
use crate::cached::captures::captured;
use crate::cached::values::VALID_IF;
use crate::errors::Errors;
use crate::function::{Argument, Function};
use crate::mentions::mentions;

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
    let is_taken = function
        .receiver()
        .is_some_and(|receiver| match receiver.kind {
            ReceiverKind::Reference(..) => receiver.mutability.is_some(),
            _ => true,
        });
    if is_taken && let [(_, place), ..] = captured(closure, &["self".to_owned()])[..] {
        errors.at(
            place,
            "the body has `self` to itself, and `valid_if` looks at it beside the load: take `&self`, or what it compares \
             as an argument",
        );
    }
}

/// A call of another key would reload an entry that no other call is served.
pub(super) fn check_fresh_is_no_part_of_the_key(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let Some(fresh) = &arguments.fresh else {
        return;
    };
    let mentioned = mentions(fresh);
    let in_key: Vec<String> = match (&arguments.key, arguments.key_was_given) {
        (Some(key), _) => key.whole_names(),
        // It couldn't be read, which is told already.
        (None, true) => return,
        (None, false) => {
            let skipped = |argument: &Argument| {
                let mut names = arguments.skip.iter();
                names.any(|name| argument.is_called(name))
            };
            let arguments = function.arguments().into_iter();
            let in_key = arguments.filter(|argument| !skipped(argument));
            let names = in_key.flat_map(|argument| argument.bound());
            names.map(|name| name.unraw().to_string()).collect()
        }
    };
    if let Some(name) = in_key.iter().find(|name| mentioned.contains(*name)) {
        errors.on(
            fresh,
            format!(
                "`{name}` is part of the key, so a call that reloads has an entry of its own: add `skip({name})`, or \
                 name in `key` what else tells calls apart"
            ),
        );
    }
}
