//! What the arguments of the fn mean for its key.

use syn::visit::Visit;
use syn::{Expr, TypeReference};

use super::super::arguments::Arguments;
use super::super::values::Key;
use crate::errors::Errors;
use crate::function::{Argument, Function, object};

/// A key of literals alone would give every call the first one's value.
pub(super) fn check_key_tells_calls_apart(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let left_out = function
        .arguments()
        .into_iter()
        .find(|argument| !is_skipped(arguments, argument));
    let (Some(key), Some(argument)) = (&arguments.key, left_out) else {
        return;
    };
    let (name, place) = (argument.shown(), key.constant());
    if let Some(place) = place {
        errors.on(
            place,
            format!(
                "this key is the same for all calls, whatever `{name}` is: name what tells them apart, as \
                 `key = {name}`, or write `key = ()` if all share one entry"
            ),
        );
    }
}

/// An object's type is in no key, and two types may do different things with the same bytes.
pub(super) fn check_no_type_is_hidden(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    if arguments.key_was_given {
        return;
    }
    for argument in function.arguments() {
        if let Some(object) = object(&argument.typed.ty)
            && !is_skipped(arguments, &argument)
        {
            let name = argument.shown();
            errors.on(
                &object,
                format!(
                    "`{name}` hides from the key which type it is of: say what tells two of them apart, as \
                     `key = ({name}.name(), ..)`, or `skip({name})` if all give the same"
                ),
            );
        }
    }
}

/// A hit runs no body, so what the body would change stays as it is.
pub(super) fn check_nothing_is_changed(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    for argument in function.arguments() {
        let mut changed = Changed(false);
        changed.visit_type(&argument.typed.ty);
        if changed.0 && !is_skipped(arguments, &argument) {
            let name = argument.shown();
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

/// Whether a type lends something to be changed.
struct Changed(bool);

impl<'ast> Visit<'ast> for Changed {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        self.0 |= reference.mutability.is_some();
        syn::visit::visit_type_reference(self, reference);
    }

    // `fn(&mut T)` is lent nothing: what it changes is its caller's.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(
        &mut self,
        _: &'ast syn::ParenthesizedGenericArguments,
    ) {
    }
}

impl Key {
    /// The key, if it is made of literals alone; `()` says that it is meant.
    fn constant(&self) -> Option<&dyn quote::ToTokens> {
        match self {
            Self::Readable(template) => match template.holes().next() {
                None => Some(&template.literal),
                Some(_) => None,
            },
            Self::Parts(parts) => {
                let first = parts.first()?;
                parts
                    .iter()
                    .all(|part| matches!(part, Expr::Lit(_)))
                    .then_some(first as &dyn quote::ToTokens)
            }
        }
    }
}

fn is_skipped(arguments: &Arguments, argument: &Argument) -> bool {
    let mut skipped = arguments.skip.iter();
    skipped.any(|name| argument.is_called(name))
}
