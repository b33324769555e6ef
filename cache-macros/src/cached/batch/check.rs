//! What must hold for a `batch`.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, Ident, PathArguments, ReceiverKind, Type};

use super::item::ids;
use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Form, Function, Output, bare};
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
    check_returns(arguments, function, errors);
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
    if let Some(older) = &arguments.older {
        errors.on(
            older,
            "the body of a batch replaces the values of many ids at once: remove `older`, or cache a fn of one id",
        );
    }
    if let Some(place) = arguments.detach {
        errors.at(
            place,
            "a batch is given its ids by reference, which a task can't have: remove `detach`, or spawn the call",
        );
    }
    if let Some(audit) = &arguments.audit {
        errors.at(
            audit.place(),
            "the body of a batch loads many ids, and an audit is of the hit of one: remove `audit`, or audit a fn of one \
             id, whose entries the batch has by `batch_of`",
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
                "`batch` needs `{}` to be a slice or a `Vec`, as `&[u64]` or `Vec<String>`, and no reference to a `Vec`",
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
    let is_id = |skipped: &&Ident| **skipped == batch.many || batch.one.as_ref() == Some(*skipped);
    if let Some(skipped) = arguments.skip.iter().find(is_id) {
        errors.on(
            skipped,
            format!("`{skipped}` tells the entries apart: take it out of `skip`"),
        );
    }
    if arguments.batch_of.is_none() {
        check_key(arguments, errors);
    }
}

/// A list or a map of std's from which it can't be told which value is of which id; of other types rustc says so.
fn check_returns(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    let Some((output, id)) = Output::of(function).zip(id(arguments, function)) else {
        return;
    };
    let mut ty = bare(&output.ty);
    if let Some(("Result", inside)) = named(ty) {
        let Some(value) = inside.first() else { return };
        ty = bare(value);
    }
    let Some((name, inside)) = named(ty) else {
        return;
    };
    let is_known = |ty: &Type| matches!(named(ty), Some((name, _)) if PLAIN.contains(&name));
    let shown = |ty: &Type| {
        quote::ToTokens::to_token_stream(ty)
            .to_string()
            .replace(' ', "")
    };
    let tells = match (name, &inside[..]) {
        ("Vec", [value]) => {
            named(value).is_some_and(|(name, _)| name == "Option") || !is_std(value)
        }
        ("HashMap" | "BTreeMap", [key, _]) => {
            !is_known(key) || !is_known(&id) || shown(key) == shown(&id)
        }
        ("HashMap" | "BTreeMap", _) => true,
        (name, _) => !PLAIN.contains(&name) && name != "Option",
    };
    if !tells {
        let id = shown(&id);
        errors.on(
            ty,
            format!(
                "`{}` does not tell which value is of which `{id}`: return a `HashMap<{id}, V>`, a `BTreeMap<{id}, V>`, \
                 a `Vec<Option<V>>` in the order of the ids, or a `Result` of one of these",
                shown(ty)
            ),
        );
    }
}

/// Types that are no others under another name.
const PLAIN: [&str; 16] = [
    "String", "str", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "f32", "f64",
];

/// Whether a type is surely no `Option` under another name.
fn is_std(ty: &Type) -> bool {
    const OTHERS: [&str; 6] = ["Vec", "Box", "Arc", "HashMap", "BTreeMap", "Result"];
    named(ty).is_some_and(|(name, _)| PLAIN.contains(&name) || OTHERS.contains(&name))
}

/// The last name of a type, if it is one of these, and the types in its brackets.
fn named(ty: &Type) -> Option<(&'static str, Vec<&Type>)> {
    const NAMES: [&str; 7] = [
        "Result", "Option", "Vec", "Box", "Arc", "HashMap", "BTreeMap",
    ];
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let name = NAMES
        .iter()
        .chain(&PLAIN)
        .find(|name| last.ident == **name)?;
    let inside = match &last.arguments {
        PathArguments::AngleBracketed(inside) => inside.args.iter().collect(),
        _ => Vec::new(),
    };
    let types = inside.into_iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((name, types.collect()))
}

/// The type of one id.
fn id(arguments: &Arguments, function: &Function) -> Option<Type> {
    let batch = arguments.batch.as_ref()?;
    let all = function.arguments().into_iter();
    let argument = all
        .into_iter()
        .find(|one| one.name.as_ref() == Some(&batch.many))?;
    ids(&argument.typed.ty).map(|(_, id)| id.clone())
}

/// The key and the tags are of one id.
fn check_key(arguments: &Arguments, errors: &mut Errors) {
    let Some(batch) = &arguments.batch else {
        return;
    };
    let many = batch.many.unraw().to_string();
    if let Some(key) = &arguments.key {
        let named = key.mentions();
        let one = batch.one.as_ref().map(|one| one.unraw().to_string());
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
    let is_shared = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutable) => mutable.is_none(),
        ReceiverKind::Typed(_, ty) => {
            matches!(bare(ty), Type::Reference(reference) if reference.mutability.is_none())
        }
        _ => false,
    };
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
        mentions(quote::ToTokens::to_token_stream(entry)).contains(&one.unraw().to_string())
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
