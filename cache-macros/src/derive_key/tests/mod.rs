//! What the derive makes of a type, and what it says of a mistake.

mod expansions;
mod mistakes;

use proc_macro2::TokenStream;

fn expand(input: TokenStream) -> syn::Result<syn::File> {
    syn::parse2(super::derive(input))
}
