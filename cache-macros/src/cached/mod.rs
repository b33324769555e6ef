//! `#[cached]`: parse, check, model, tokens.

mod arguments;
mod batch;
mod captures;
mod check;
mod companion;
mod hooks;
mod key;
mod listed;
mod lookup;
mod model;
mod owner;
mod peers;
mod serving;
mod site;
mod tags;
mod types;
mod values;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;

use crate::errors::Errors;
use crate::function::{Function, Output};
pub(crate) use check::check_tags;

use crate::policy::Given;
use arguments::Arguments;
use model::Cached;

/// The annotated fn and its companion, or every mistake in the annotation.
pub(crate) fn expand(annotation: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let arguments = Arguments::read(annotation, &mut errors);
    let function = Function::read("cached", item, &mut errors);
    if let Some(function) = &function
        && (arguments.batch.is_some() || arguments.batch_of.is_some())
    {
        return batch::expand(arguments, function, errors);
    }
    if let Some(function) = &function {
        check::check(&arguments, function, &mut errors);
    }
    errors.finish()?;
    let model = function.and_then(|function| {
        let output = Output::of(&function)?;
        Cached::new(arguments, function, output)
    });
    let tokens = model.map(|model| {
        let mut tokens = lookup::function(&model);
        tokens.extend(companion::companion(&model));
        tokens
    });
    Ok(tokens.unwrap_or_default())
}

/// The companion of a fn whose annotation is wrong, as far as that can be told: without a body, so that its callers
/// resolve and the mistakes are all that is shown.
pub(crate) fn stub(annotation: TokenStream, item: TokenStream) -> TokenStream {
    let model = mistaken(annotation, item);
    model
        .and_then(|model| companion::stub(&model))
        .unwrap_or_default()
}

/// A fn whose annotation is wrong, as its author wrote it, with what the annotation gives the body, so that this resolves.
pub(crate) fn as_written(annotation: TokenStream, item: TokenStream) -> TokenStream {
    let Some(model) = mistaken(annotation, item.clone()) else {
        return item;
    };
    let given = serving::no_older(&model).filter(|_| !check::older_is_an_argument(&model));
    let Some(given) = given else {
        return item;
    };
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        let (written, place) = (body.stream(), body.span());
        *body = Group::new(Delimiter::Brace, quote!(#given #written));
        body.set_span(place);
    }
    tokens.into_iter().collect()
}

/// What can be told of a fn whose annotation is wrong.
fn mistaken(annotation: TokenStream, item: TokenStream) -> Option<Cached> {
    // They are told of already.
    let mut errors = Errors::default();
    let mut arguments = Arguments::read(annotation, &mut errors);
    let function = Function::read("cached", item, &mut errors);
    let has_companion = |function: &Function| check::has_companion(&arguments, function);
    let mut function = function.filter(has_companion)?;
    if arguments.batch.is_some() || arguments.batch_of.is_some() {
        function = batch::item(&mut arguments, &function)?;
    }
    arguments.policy = None;
    let ttl = || Given::Millis(1, Span::call_site());
    arguments.ttl.get_or_insert_with(ttl);
    let output = Output::of(&function)?;
    Cached::new(arguments, function, output)
}
