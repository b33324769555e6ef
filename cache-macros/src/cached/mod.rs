//! `#[cached]`: parse, check, model, tokens.

mod arguments;
mod batch;
mod captures;
mod check;
mod companion;
mod hooks;
mod key;
mod lookup;
mod model;
mod owner;
mod peers;
mod serving;
mod site;
mod tags;
mod types;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::function::{Function, Output};
pub(crate) use check::check_tags;

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
