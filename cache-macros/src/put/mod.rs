//! `#[cache_put]`: runs the fn, and stores its value as an entry's.

mod arguments;
mod check;
mod tokens;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::function::{Function, Output};
use arguments::Arguments;

/// The annotated fn, or every mistake in the annotation.
pub(crate) fn expand(annotation: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let arguments = Arguments::read(annotation, &mut errors);
    let function = Function::read("cache_put", item, &mut errors);
    if let Some(function) = &function {
        check::check(&arguments, function, &mut errors);
    }
    errors.finish()?;
    let tokens = function.and_then(|function| {
        let output = Output::of(&function)?;
        tokens::function(arguments, &function, &output)
    });
    Ok(tokens.unwrap_or_default())
}
