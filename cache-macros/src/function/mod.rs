//! The annotated fn: its attributes, signature and, unparsed, its body.

mod argument;
mod check;
mod generics;
mod impl_trait;
mod output;
mod text;
mod wrap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Receiver, Signature, Token, Visibility};

pub(crate) use argument::Argument;
pub(crate) use check::{Borrows, check_function, check_returns};
pub(crate) use generics::{Parameter, kept, parameters, words};
pub(crate) use impl_trait::{ImplTrait, is_callable, object};
pub(crate) use output::{Form, Output, bare};
pub(crate) use text::text;
pub(crate) use wrap::{body, body_beside, wrapped};

use crate::errors::Errors;

/// A fn as its author wrote it. The body stays tokens: half-typed code then gets rustc's error.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `None` where a trait only declares the fn.
    pub(crate) body: Option<Group>,
}

impl Function {
    /// Reads the annotated item, or notes that it is no fn.
    pub(crate) fn read(annotation: &str, item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let shown = item.clone();
        let function = syn::parse2::<Self>(item).map_err(|_| {
            let first = shown
                .into_iter()
                .find(|token| !matches!(token, TokenTree::Punct(_) | TokenTree::Group(_)));
            let message = goes_on(annotation, first.as_ref());
            syn::Error::new_spanned(first.map(TokenTree::into_token_stream), message)
        });
        errors.keep(function)
    }

    /// The receiver, if the fn is a method.
    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.signature.receiver()
    }

    /// The arguments but the receiver.
    pub(crate) fn arguments(&self) -> Vec<Argument> {
        let typed = self
            .signature
            .inputs
            .iter()
            .filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(typed),
                syn::FnArg::Receiver(_) => None,
            });
        typed
            .enumerate()
            .map(|(position, typed)| Argument::of(position, typed))
            .collect()
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body = if input.parse::<Option<Token![;]>>()?.is_some() {
            None
        } else {
            let (body, inner) = without_inner_attributes(braces(input)?)?;
            attributes.extend(inner);
            Some(body)
        };
        Ok(Self {
            attributes,
            visibility,
            signature,
            body,
        })
    }
}

/// Where an annotation goes that stands on something else, which begins with this word.
fn goes_on(annotation: &str, first: Option<&TokenTree>) -> String {
    let begins = |word: &str| matches!(first, Some(TokenTree::Ident(first)) if first == word);
    let goes = format!("`#[{annotation}]` goes on an `async fn`");
    match annotation {
        _ if !begins("impl") => goes,
        "cached" => format!(
            "{goes}, and not on an `impl`: annotate its methods, each with a `ttl` of its own; in a trait's impl with \
             `entry = false`, or have the method call an annotated fn, which has a companion"
        ),
        _ => format!("{goes}, and not on an `impl`: annotate its methods"),
    }
}

/// A body in its braces, which a `$body:block` of a macro wraps in an invisible group.
fn braces(input: ParseStream<'_>) -> syn::Result<Group> {
    let place = input.span();
    match input.parse()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            braces.parse2(group.stream())
        }
        _ => Err(syn::Error::new(place, "expected a body in braces")),
    }
}

/// Takes `#![..]` out of a body: the body becomes a block expression, where they may not stand, so
/// they go on the fn, where they mean the same.
fn without_inner_attributes(body: Group) -> syn::Result<(Group, Vec<Attribute>)> {
    let split = |input: ParseStream<'_>| {
        Ok((
            input.call(Attribute::parse_inner)?,
            input.parse::<TokenStream>()?,
        ))
    };
    let (mut inner, rest) = split.parse2(body.stream())?;
    if inner.is_empty() {
        return Ok((body, inner));
    }
    for attribute in &mut inner {
        attribute.style = syn::AttrStyle::Outer;
    }
    let mut without = Group::new(body.delimiter(), rest);
    without.set_span(body.span());
    Ok((without, inner))
}
