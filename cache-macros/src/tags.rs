//! Tags as annotations give them: templates over arguments, or expressions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr};

use crate::borrow::borrowed;
use crate::errors::Errors;
use crate::function::{Argument, Function};
use crate::span;
use crate::template::Template;

/// One tag.
pub(crate) enum Tag {
    Template(Template),
    Expression(Expr),
}

impl Tag {
    /// Reads a list; what can't be read is noted and left out.
    pub(crate) fn read(list: Vec<Expr>, errors: &mut Errors) -> Vec<Self> {
        list.into_iter()
            .filter_map(|expression| errors.keep(Self::of(expression)))
            .collect()
    }

    fn of(expression: Expr) -> syn::Result<Self> {
        match &expression {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => {
                    let template = Template::parse(text)?;
                    check_name("a tag", &template.text(), !template.pieces.is_empty(), text)?;
                    Ok(Self::Template(template))
                }
                other => Err(syn::Error::new_spanned(
                    other,
                    "a tag is a template, as \"user:{id}\", or an expression",
                )),
            },
            _ => Ok(Self::Expression(expression)),
        }
    }

    /// The expression that makes the tag. An argument, or a field of one, is cloned for it: the body
    /// has it next.
    pub(crate) fn tokens(&self, runtime: &TokenStream, function: &Function) -> TokenStream {
        match self {
            Self::Template(template) => {
                let args = template.format_args();
                quote_spanned!(span::made(template.literal.span())=> #runtime::Tag::format(#args))
            }
            Self::Expression(expression) if is_place(expression, function) => {
                let runtime = span::shown_at(runtime, expression.span());
                let tag = match is_lent(expression, function) {
                    true => expression.to_token_stream(),
                    false => borrowed(expression, expression.span()),
                };
                quote_spanned!(span::made(expression.span())=> #runtime::__private::tag(::core::clone::Clone::clone(#tag)))
            }
            Self::Expression(expression) => {
                let runtime = span::shown_at(runtime, expression.span());
                quote_spanned!(span::made(expression.span())=> #runtime::__private::tag(#expression))
            }
        }
    }
}

/// Whether an expression is a name that a pattern binds: it is a reference where tags are made.
fn is_lent(expression: &Expr, function: &Function) -> bool {
    let Expr::Path(path) = expression else {
        return false;
    };
    path.path.get_ident().is_some_and(|name| {
        let arguments = function.arguments();
        let is_bound = |argument: &Argument| argument.name.is_none() && argument.is_called(name);
        arguments.iter().any(is_bound)
    })
}

/// Whether an expression is an argument, `self`, or a field of one.
fn is_place(expression: &Expr, function: &Function) -> bool {
    match expression {
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
            let arguments = function.arguments();
            name == "self" || arguments.iter().any(|argument| argument.is_called(name))
        }),
        Expr::Field(field) => is_place(&field.base, function),
        Expr::Paren(inner) => is_place(&inner.expr, function),
        Expr::Group(inner) => is_place(&inner.expr, function),
        _ => false,
    }
}

impl ToTokens for Tag {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Template(template) => template.literal.to_tokens(tokens),
            Self::Expression(expression) => expression.to_tokens(tokens),
        }
    }
}

/// A name that goes to Redis: not empty, no braces (they decide the cluster slot), no control
/// characters, 256 bytes at most.
pub(crate) fn check_name(
    what: &str,
    text: &str,
    filled: bool,
    literal: &LitStr,
) -> syn::Result<()> {
    let why = if text.is_empty() && !filled {
        "can't be empty: give it a name"
    } else if text.contains(['{', '}']) {
        "can't contain a brace: it would change the entry's slot in a cluster"
    } else if text.chars().any(char::is_control) {
        "can't contain a control character: write plain text"
    } else if text.len() > 256 {
        "can't be longer than 256 bytes: shorten it"
    } else {
        return Ok(());
    };
    Err(syn::Error::new(literal.span(), format!("{what} {why}")))
}
