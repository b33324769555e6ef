//! What `fresh` and `valid_if` may ask of the call.

use syn::ext::IdentExt;
use syn::{Expr, Ident, ReceiverKind};

use super::of_value::check_takes_the_value;
use crate::cached::arguments::Arguments;
use crate::cached::captures::captured;
use crate::cached::model::Cached;
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
    if let Some(audit) = &arguments.audit {
        errors.at(
            audit.place(),
            "a call whose `valid_if` refuses a value loads for itself, and the task of an audit would have its body: \
             remove `audit`, or `valid_if`",
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

/// Without a window in which an older value is kept there is none to be given.
pub(super) fn check_older_can_be_there(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let Some(name) = &arguments.older else {
        return;
    };
    let given = [
        arguments.stale_was_given,
        arguments.early_was_given,
        arguments.policy_was_given,
        arguments.fresh.is_some(),
    ];
    if !given.contains(&true) {
        errors.on(
            name,
            "an entry is gone once its `ttl` is over, so there is never an older value: add `stale = \"10m\"`, for which \
             it is kept, or remove `older`",
        );
    }
    if is_an_argument(name, function) {
        errors.on(
            name,
            format!("`{name}` is an argument already: call the older value otherwise, as `older = previous`"),
        );
    }
}

fn is_an_argument(name: &Ident, function: &Function) -> bool {
    let mut arguments = function.arguments().into_iter();
    arguments.any(|argument| argument.bound().contains(name))
}

/// Whether the older value has the name of an argument.
pub(in crate::cached) fn older_is_an_argument(model: &Cached) -> bool {
    let name = model.arguments.older.as_ref();
    name.is_some_and(|name| is_an_argument(name, &model.function))
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
