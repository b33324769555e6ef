//! A borrow of whatever expression the user wrote.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use crate::span;

/// `&user.id`, or `&(a + b)` where the borrow would bind closer than the expression does.
pub(crate) fn borrowed(expression: &Expr, place: Span) -> TokenStream {
    match expression {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Index(_)
        | Expr::Lit(_) => {
            quote_spanned!(span::made(place)=> &#expression)
        }
        _ => quote_spanned!(span::made(place)=> &(#expression)),
    }
}
