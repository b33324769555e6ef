//! What must hold for a `batch`.

use syn::spanned::Spanned;
use syn::{Expr, ReceiverKind};

use super::item::ids;
use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Form, Function, Output};
use crate::mentions::mentions;

/// The rules for every batch.
pub(super) fn check_batch(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let Some(batch) = &arguments.batch else {
        if let Some(entry) = &arguments.batch_of {
            errors.on(entry, "`batch_of` needs to know the ids: add `batch(id in ids)`, with the argument that has them");
        }
        return;
    };
    check_ids(arguments, function, errors);
    check_receiver(function, errors);
    if Output::of(function).is_some_and(|output| output.form == Form::Boxed) {
        errors.on(
            &batch.many,
            "`batch` needs an `async fn`, and this one returns a box (`#[async_trait]` makes it so): have it call a \
             free `async fn` with `batch`",
        );
    }
    if let Some(valid_if) = &arguments.valid_if {
        errors.on(
            valid_if,
            "`valid_if` asks about one call, and a batch is many: put what it compares in the key, or cache a fn of one id",
        );
    }
    if let Some(("Background", place)) = arguments.refresh {
        errors.at(
            place,
            "a task can't load one id of a batch: remove `refresh`, and the first call that finds it stale loads it",
        );
    }
}

fn check_ids(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let Some(batch) = &arguments.batch else {
        return;
    };
    let all = function.arguments();
    let Some(argument) = all
        .iter()
        .find(|one| one.name.as_ref() == Some(&batch.many))
    else {
        let names = all.iter().filter_map(|one| one.name.as_ref());
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let list = match names.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", names.join(", ")),
        };
        return errors.on(
            &batch.many,
            format!(
                "`{}` is no argument of this fn ({list}): name the one that has the ids",
                batch.many
            ),
        );
    };
    if ids(&argument.typed.ty).is_none() {
        errors.on(
            &argument.typed.ty,
            format!(
                "`batch` needs `{}` to be a slice or a `Vec`, as `&[u64]` or `Vec<String>`",
                batch.many
            ),
        );
    }
    if let Some(one) = &batch.one
        && all.iter().any(|argument| argument.is_called(one))
    {
        errors.on(
            one,
            format!("`{one}` is an argument already: call each of the ids otherwise"),
        );
    }
    if let Some(skipped) = arguments
        .skip
        .iter()
        .find(|skipped| **skipped == batch.many)
    {
        errors.on(
            skipped,
            format!("`{skipped}` tells the entries apart: take it out of `skip`"),
        );
    }
    if arguments.batch_of.is_none() {
        check_key(arguments, errors);
    }
}

/// The key and the tags are of one id.
fn check_key(arguments: &Arguments, errors: &mut Errors) {
    let Some(batch) = &arguments.batch else {
        return;
    };
    let many = batch.many.to_string();
    if let Some(key) = &arguments.key {
        let named = key.mentions();
        let one = batch.one.as_ref().map(ToString::to_string);
        if !one.is_some_and(|one| named.contains(&one)) {
            errors.on(
                &batch.many,
                "the key must tell the ids apart: name each, as `batch(id in ids)`, and have `key` mention it, as \
                 `key = (tenant, id)`",
            );
        }
    }
    for tag in &arguments.tags {
        if mentions(quote::ToTokens::to_token_stream(tag)).contains(&many) {
            errors.on(
                tag,
                format!("a tag is of one value, and `{many}` are all: write `batch(id in {many})`, and `id` here"),
            );
        }
    }
}

fn check_receiver(function: &Function, errors: &mut Errors) {
    let Some(receiver) = function.receiver() else {
        return;
    };
    let is_shared =
        matches!(receiver.kind, ReceiverKind::Reference(..)) && receiver.mutability.is_none();
    if !is_shared {
        errors.on(
            receiver,
            "a `batch` may load twice, where a load of another's fails that it waited for: take `&self`",
        );
    }
}

/// Where the entries are another fn's, so is all that is said of them.
pub(super) fn check_entries_are_of_another(arguments: &Arguments, errors: &mut Errors) {
    const OF_THE_FN: [&str; 4] = ["batch", "batch_of", "fallible", "crate"];
    for given in &arguments.given {
        if !OF_THE_FN.iter().any(|name| given == name) {
            errors.on(
                given,
                format!("`{given}` is a matter of the fn that the entries are of: say it there, and not beside `batch_of`"),
            );
        }
    }
    let (Some(batch), Some(entry)) = (&arguments.batch, &arguments.batch_of) else {
        return;
    };
    let is_call = matches!(entry, Expr::Call(_) | Expr::MethodCall(_));
    let names_one = batch.one.as_ref().is_some_and(|one| {
        mentions(quote::ToTokens::to_token_stream(entry)).contains(&one.to_string())
    });
    if !is_call || !names_one {
        let one = batch
            .one
            .as_ref()
            .map_or_else(|| "id".to_owned(), ToString::to_string);
        errors.at(
            entry.span(),
            format!(
                "`batch_of` is the entry of one id: call the companion of the other fn, as `batch({one} in {})` and \
                 `batch_of = user_entry(*{one})`",
                batch.many
            ),
        );
    }
}
