//! What the arguments of the fn mean for its key.

use syn::Type;

use super::super::arguments::{Arguments, Key};
use crate::errors::Errors;
use crate::function::{Argument, Function, bare};

/// A readable key without a hole would give every call the first one's value.
pub(super) fn check_key_tells_calls_apart(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let Some(Key::Readable(template)) = &arguments.key else {
        return;
    };
    let left_out = function
        .arguments()
        .into_iter()
        .find(|argument| !is_skipped(arguments, argument));
    if let (None, Some(argument)) = (template.holes().next(), left_out) {
        let name = argument.part();
        errors.on(
            &template.literal,
            format!(
                "this key is the same for all calls, whatever `{name}` is: name what tells them apart, as \
                 `key = \"{}-{{{name}}}\"`, or write `key = ()` if all share one entry",
                template.literal.value()
            ),
        );
    }
}

/// A hit runs no body, so what the body would change stays as it is.
pub(super) fn check_nothing_is_changed(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    for argument in function.arguments() {
        let is_changed = matches!(
            bare(&argument.typed.ty),
            Type::Reference(reference) if reference.mutability.is_some()
        );
        if is_changed && !is_skipped(arguments, &argument) {
            let name = argument.part();
            errors.on(
                &argument.typed.ty,
                format!(
                    "a hit changes nothing in `{name}`, as it runs no body: return what it is changed to, or say \
                     `skip({name})` if only the load needs it"
                ),
            );
        }
    }
}

fn is_skipped(arguments: &Arguments, argument: &Argument) -> bool {
    let mut skipped = arguments.skip.iter();
    skipped.any(|name| argument.is_called(name))
}
