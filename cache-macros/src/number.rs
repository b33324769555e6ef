//! Fractions in annotations: a literal is read here, anything else by the runtime, in a const.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use crate::span;

/// A number as given.
pub(crate) enum Number {
    Literal(f64, proc_macro2::Span),
    Expression(Expr),
}

impl Number {
    /// Reads `0.2`, if it is as wanted, or takes a const expression as it is.
    pub(crate) fn read(
        expression: Expr,
        wanted: impl FnOnce(f64) -> bool,
        takes: &str,
    ) -> syn::Result<Self> {
        let refused = || Err(syn::Error::new_spanned(&expression, takes));
        match &expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Float(number) if matches!(number.suffix(), "" | "f64") => {
                    match number.base10_parse() {
                        Ok(value) if wanted(value) => Ok(Self::Literal(value, expression.span())),
                        _ => refused(),
                    }
                }
                _ => refused(),
            },
            Expr::Unary(unary) if matches!(&*unary.expr, Expr::Lit(_)) => refused(),
            _ => Ok(Self::Expression(expression)),
        }
    }

    /// The user's expression, where it is none of this macro's to read.
    pub(crate) fn expression(&self) -> Option<&Expr> {
        match self {
            Self::Literal(..) => None,
            Self::Expression(expression) => Some(expression),
        }
    }

    /// Whether it is the same wherever the fn stands.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(..))
    }

    /// Where it was given.
    pub(crate) fn place(&self) -> proc_macro2::Span {
        match self {
            Self::Literal(_, place) => *place,
            Self::Expression(expression) => expression.span(),
        }
    }
}

impl ToTokens for Number {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Literal(value, place) => quote_spanned!(span::made(*place)=> #value),
            Self::Expression(expression) => expression.to_token_stream(),
        });
    }
}
