//! Durations in annotations: a literal is read here, anything else by the runtime, in a const.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprBinary, Lit};

use crate::duration::{self, DurationError};
use crate::span;

/// No end; the policy takes it for the longest time that there is.
const FOREVER: u64 = u64::MAX;

/// A duration as given.
pub(crate) enum Given {
    Millis(u64, proc_macro2::Span),
    Expression(Expr),
}

impl Given {
    /// Reads `"5m"`, `300`, or takes a const expression as it is.
    pub(crate) fn read(expression: Expr) -> syn::Result<Self> {
        Self::read_as(expression, |millis| millis)
    }

    /// The same, where there may be no end.
    pub(crate) fn read_or_forever(expression: Expr) -> syn::Result<Self> {
        match &expression {
            Expr::Lit(literal) if matches!(&literal.lit, Lit::Str(text) if text.value() == "forever") => {
                Ok(Self::Millis(FOREVER, expression.span()))
            }
            _ => Self::read(expression),
        }
    }

    /// Whether it is written that there is no end.
    pub(crate) fn is_forever(&self) -> bool {
        matches!(self, Self::Millis(FOREVER, _))
    }

    /// The same, where no time at all is a choice too.
    pub(crate) fn read_or_zero(expression: Expr) -> syn::Result<Self> {
        Self::read_as(expression, |millis| match millis {
            Err(DurationError::Zero) => Ok(0),
            millis => millis,
        })
    }

    fn read_as(
        expression: Expr,
        accepted: impl FnOnce(Result<u64, DurationError>) -> Result<u64, DurationError>,
    ) -> syn::Result<Self> {
        let span = expression.span();
        let millis = match &expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => duration::millis(&text.value()),
                Lit::Int(count) => match count.suffix() {
                    suffix if is_integer(suffix) => duration::seconds(count.base10_parse()?),
                    // `300ms` means what it says, though it lacks its quotes.
                    suffix => duration::millis(&format!("{}{suffix}", count.base10_digits())),
                },
                other => return Err(unreadable(other)),
            },
            Expr::Unary(unary) if is_literal(&unary.expr) => return Err(unreadable(unary)),
            _ => return Ok(Self::Expression(expression)),
        };
        accepted(millis)
            .map(|millis| Self::Millis(millis, span))
            .map_err(|error| syn::Error::new(span, error))
    }

    /// Whether it is the same wherever the fn stands: made of literals alone.
    pub(crate) fn is_literal(&self) -> bool {
        match self {
            Self::Millis(..) => true,
            Self::Expression(expression) => is_arithmetic(expression),
        }
    }

    /// Where it was given.
    pub(crate) fn place(&self) -> proc_macro2::Span {
        match self {
            Self::Millis(_, place) => *place,
            Self::Expression(expression) => expression.span(),
        }
    }

    /// The milliseconds, as an expression that a const can evaluate.
    pub(crate) fn millis(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Millis(millis, span) => quote_spanned!(span::made(*span)=> #millis),
            Self::Expression(expression) => {
                let private = span::shown_at(private, expression.span());
                // Bare numbers would fit several of the types that a duration can have.
                let seconds = is_arithmetic(expression)
                    .then(|| quote_spanned!(span::made(expression.span())=> ::<u64>));
                quote_spanned!(span::made(expression.span())=> #private::Ttl #seconds (#expression).millis())
            }
        }
    }
}

fn unreadable(tokens: impl quote::ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        tokens,
        "a duration is a string, as \"5m\", a whole number of seconds, or a const expression",
    )
}

fn is_literal(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(literal) if matches!(literal.lit, Lit::Int(_) | Lit::Float(_)))
}

/// Whether a literal's suffix is none, or an integer's type.
fn is_integer(suffix: &str) -> bool {
    const TYPES: [&str; 13] = [
        "", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    ];
    TYPES.contains(&suffix)
}

/// `60 * 60`: whole numbers without a type.
fn is_arithmetic(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(literal) => {
            matches!(&literal.lit, Lit::Int(number) if number.suffix().is_empty())
        }
        Expr::Paren(inner) => is_arithmetic(&inner.expr),
        Expr::Group(inner) => is_arithmetic(&inner.expr),
        Expr::Binary(ExprBinary { left, right, .. }) => is_arithmetic(left) && is_arithmetic(right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use syn::{Expr, parse_quote};

    use super::Given;

    fn millis(expression: Expr) -> Option<u64> {
        match Given::read(expression) {
            Ok(Given::Millis(millis, _)) => Some(millis),
            _ => None,
        }
    }

    #[test]
    fn an_unquoted_unit_means_what_it_says() {
        assert_eq!(millis(parse_quote!(300ms)), Some(300));
        assert_eq!(millis(parse_quote!(5m)), Some(300_000));
        assert_eq!(millis(parse_quote!(1h)), Some(3_600_000));
        assert_eq!(millis(parse_quote!(1_000s)), Some(1_000_000));
        assert_eq!(millis(parse_quote!(1h30m)), Some(5_400_000));
        assert_eq!(millis(parse_quote!(300)), Some(300_000));
        assert_eq!(millis(parse_quote!(300u64)), Some(300_000));
    }

    #[test]
    fn other_suffixes_are_refused() {
        for expression in [
            parse_quote!(5min),
            parse_quote!(5sec),
            parse_quote!(0ms),
            parse_quote!(1.5h),
            parse_quote!(5f64),
        ] {
            assert_eq!(millis(expression), None);
        }
    }
}
