//! The closures of `tags_from`, `cache_if` and `ttl_from` are given the loaded value, and see nothing else of the
//! call.

use syn::spanned::Spanned;
use syn::{Expr, ExprClosure};

use super::argument_names;
use crate::cached::arguments::Arguments;
use crate::cached::captures::captured;
use crate::cached::values::{CACHE_IF, OfValue, TAGS_FROM, TTL_FROM};
use crate::errors::Errors;
use crate::function::Function;

pub(super) fn check_closures_see_the_value_alone(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    for (given, what) in [
        (&arguments.tags_from, TAGS_FROM),
        (&arguments.cache_if, CACHE_IF),
        (&arguments.ttl_from, TTL_FROM),
    ] {
        if let Some(Expr::Closure(closure)) = given {
            check_closure(closure, &what, function, errors);
        }
    }
}

/// A closure over the loaded value alone.
fn check_closure(closure: &ExprClosure, what: &OfValue, function: &Function, errors: &mut Errors) {
    check_takes_the_value(closure, what, errors);
    check_closure_captures_nothing(closure, what, function, errors);
}

pub(super) fn check_takes_the_value(closure: &ExprClosure, what: &OfValue, errors: &mut Errors) {
    if let Some(asyncness) = &closure.asyncness {
        errors.on(
            asyncness,
            format!(
                "`{}` looks at a value that is there, without waiting: remove `async`",
                what.name
            ),
        );
    }
    if closure.inputs.len() != 1 {
        errors.at(
            closure.inputs_begin.span(),
            format!(
                "this closure is given the loaded value and nothing else: write `|value| ..`{}",
                what.beside
            ),
        );
    }
}

/// rustc would say that a closure is no fn pointer; what is missed here, it still refuses.
fn check_closure_captures_nothing(
    closure: &ExprClosure,
    what: &OfValue,
    function: &Function,
    errors: &mut Errors,
) {
    let captured = captured(closure, &argument_names(function));
    if let Some((name, place)) = captured.first() {
        errors.at(
            *place,
            format!(
                "`{}` sees the loaded value alone, and `{name}` is an argument: {}",
                what.name, what.instead
            ),
        );
    }
}
