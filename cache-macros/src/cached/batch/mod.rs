//! `batch`: a fn that is given many ids and returns a value for each, of which each has an entry of its own.
//!
//! The entries are those of a fn of one id, which nobody wrote ([`item`]): its key, tags, policy and companion are
//! made as any other's.

mod check;
mod item;
mod tokens;

use proc_macro2::TokenStream;

use super::arguments::Arguments;
use super::check::{check, check_errors};
use super::companion::companion;
use super::model::Cached;
use crate::errors::Errors;
use crate::function::{Function, Output};
use check::{check_batch, check_entries_are_of_another};
use item::Many;

/// The fn and the companion of one id, or every mistake in the annotation.
pub(super) fn expand(
    mut arguments: Arguments,
    function: &Function,
    mut errors: Errors,
) -> syn::Result<TokenStream> {
    check_batch(&arguments, function, &mut errors);
    if arguments.batch_of.is_some() {
        check_entries_are_of_another(&arguments, &mut errors);
    }
    if let Some(output) = Output::of(function) {
        check_errors(&arguments, &output, &mut errors);
    }
    if !errors.is_empty() {
        // Of what the batch is not there is no fn of one id to look at.
        errors.finish()?;
        return Ok(TokenStream::new());
    }
    let many = Many::of(&mut arguments, function);
    let (Some(many), Some(output)) = (many, Output::of(function)) else {
        errors.finish()?;
        return Ok(TokenStream::new());
    };
    if let Some(entry) = &arguments.batch_of {
        errors.finish()?;
        return Ok(tokens::shared(&many, function, &output, entry));
    }
    let item = many.item(function);
    check_item(&mut arguments, &item, &mut errors);
    errors.finish()?;
    let model = Output::of(&item).and_then(|output| Cached::new(arguments, item, output));
    let model = model.map(|model| Cached {
        is_of_batch: true,
        ..model
    });
    let tokens = model.map(|model| {
        let mut tokens = tokens::own(&many, function, &output, &model);
        tokens.extend(companion(&model));
        tokens
    });
    Ok(tokens.unwrap_or_default())
}

/// The rules for any fn, but for what is of the fn's errors: the fn of one id has none.
fn check_item(arguments: &mut Arguments, item: &Function, errors: &mut Errors) {
    let of_errors = (arguments.load_timeout.take(), arguments.error_ttl.take());
    check(arguments, item, errors);
    (arguments.load_timeout, arguments.error_ttl) = of_errors;
}

/// The fn of one id, where it can be told.
pub(super) fn item(arguments: &mut Arguments, function: &Function) -> Option<Function> {
    let mut errors = Errors::default();
    check_batch(arguments, function, &mut errors);
    // Of a `batch_of` the companion is another fn's.
    match arguments.batch_of.is_some() || !errors.is_empty() {
        true => None,
        false => Many::of(arguments, function).map(|many| many.item(function)),
    }
}
