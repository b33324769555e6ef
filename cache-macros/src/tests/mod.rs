//! Expansions, as their users' compilers see them.

mod expansions;
mod refusals;

use proc_macro2::TokenStream;

/// An expansion as formatted source.
fn formatted(expanded: syn::Result<TokenStream>) -> String {
    let tokens = expanded.expect("the annotation is right");
    prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is Rust"))
}
