//! `#[derive(CacheEvent)]`: a struct that is told of by its name, and the tags that it makes invalid.

mod attribute;
mod check;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::DeriveInput;

use crate::errors::Errors;
use crate::span;
use attribute::Attribute;

/// The implementation, or every mistake at once beside one that invalidates nothing, so that whoever publishes the event
/// gets no second error.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let attribute = Attribute::read(&input.attrs, &mut errors);
    check::check(&input, &attribute, &mut errors);
    match errors.finish() {
        Ok(()) => tokens::implementation(&input, &attribute),
        Err(error) => {
            let errors = error.into_compile_error();
            let stand_in = tokens::stand_in(&input, &attribute);
            quote_spanned!(span::made(input.ident.span())=> #errors #stand_in)
        }
    }
}
