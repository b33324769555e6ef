//! `#[derive(CacheKey)]`: parse, model, tokens.

mod attributes;
mod bounds;
mod check;
mod ctxt;
mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use self::ctxt::Ctxt;
use self::model::Container;

/// The implementation, or every mistake at once beside one that writes nothing, so that whoever
/// uses the type as a key gets no second error.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let ctxt = Ctxt::default();
    let container = Container::from_ast(&ctxt, &input);
    check::check(&ctxt, &container);
    match ctxt.check() {
        Ok(()) => expand::implementation(&container),
        Err(error) => {
            let errors = error.into_compile_error();
            let fallback = expand::fallback(&container);
            quote::quote!(#errors #fallback)
        }
    }
}
