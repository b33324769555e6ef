//! The parts of a key: the arguments, or what `key = ..` names.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, parse_quote};

use super::values::Key;
use crate::function::Function;
use crate::span;
use crate::template::name_of;

/// One part of the key.
pub(super) struct Part {
    /// How the key knows it: renaming an argument changes the key.
    pub(super) name: String,
    pub(super) value: Expr,
    /// Where a value that is no `CacheKey` is shown: the argument's type, or the expression.
    pub(super) place: Span,
    /// Whether it is an argument that a pattern takes apart.
    pub(super) is_pattern: bool,
}

impl Part {
    /// The parts that a `key` names, else every argument but the skipped ones.
    pub(super) fn of(key: Option<&Key>, function: &Function, skip: &[Ident]) -> Vec<Self> {
        match key {
            Some(Key::Parts(parts)) => parts
                .iter()
                .map(|part| Self::expression(part, part.span()))
                .collect(),
            Some(Key::Readable(template)) => template
                .holes()
                .map(|hole| Self::expression(&hole.expression, template.literal.span()))
                .collect(),
            None => {
                let arguments = function.arguments().into_iter();
                let in_key =
                    arguments.filter(|argument| !skip.iter().any(|name| argument.is_called(name)));
                in_key
                    .map(|argument| {
                        let mut local = argument.local.clone();
                        let is_pattern = argument.name.is_none();
                        if is_pattern {
                            local.set_span(span::made(argument.typed.ty.span()));
                        }
                        Self {
                            name: argument.part(),
                            value: parse_quote!(#local),
                            place: argument.typed.ty.span(),
                            is_pattern,
                        }
                    })
                    .collect()
            }
        }
    }

    fn expression(expression: &Expr, place: Span) -> Self {
        Self {
            name: name_of(expression),
            value: expression.clone(),
            place,
            is_pattern: false,
        }
    }

    /// The value of a const parameter.
    pub(super) fn constant(name: Ident) -> Self {
        Self {
            name: name.unraw().to_string(),
            place: name.span(),
            value: parse_quote!(#name),
            is_pattern: false,
        }
    }
}
