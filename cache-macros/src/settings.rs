//! The arguments of an annotation, as a list of `name`, `name = expr`, `name(a, b)` and `name(a in b)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprGroup, ExprLit, Lit, LitBool, LitStr, Path, Token, parenthesized, token};

use crate::errors::Errors;
use crate::nearest::nearest;

/// One argument and what was given to it.
pub(crate) struct Setting {
    pub(crate) name: Ident,
    pub(crate) value: Value,
    /// How the argument is written, for errors.
    written: &'static str,
}

/// The ways to write an argument.
pub(crate) enum Value {
    Alone,
    Is(Box<Expr>),
    List(Vec<Ident>),
    /// One of several.
    In(Ident, Ident),
}

/// The arguments an annotation knows, each with an example of how it is written.
pub(crate) type Known = &'static [(&'static str, &'static str)];

/// Names that an annotation does not know, each with what to say of it: other caches' words.
pub(crate) type Peers = &'static [(&'static str, &'static str)];

/// Reads all arguments. What can't be read, isn't known or comes twice is noted and left out.
pub(crate) fn settings(
    annotation: &str,
    known: Known,
    peers: Peers,
    tokens: TokenStream,
    errors: &mut Errors,
) -> Vec<Setting> {
    let parse = |input: ParseStream<'_>| {
        let mut found: Vec<Setting> = Vec::new();
        while !input.is_empty() {
            match setting(annotation, known, peers, input) {
                Ok(setting) if found.iter().any(|other| other.name == setting.name) => {
                    let name = &setting.name;
                    errors.on(name, format!("`{name}` is given twice: keep one"));
                }
                Ok(setting) => found.push(setting),
                Err(error) => {
                    errors.add(error);
                    skip_to_comma(input)?;
                }
            }
            if !input.is_empty() && !input.peek(Token![,]) {
                errors.at(input.span(), "expected `,` before the next argument");
                skip_to_comma(input)?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(found)
    };
    let found = parse.parse2(tokens);
    errors.keep(found).unwrap_or_default()
}

fn setting(
    annotation: &str,
    known: Known,
    peers: Peers,
    input: ParseStream<'_>,
) -> syn::Result<Setting> {
    let name = input.call(Ident::parse_any)?;
    let Some((_, written)) = known.iter().find(|(known, _)| name == known) else {
        return Err(unknown(annotation, known, peers, &name));
    };
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` has no value: write `{written}`"),
            ));
        }
        Value::Is(Box::new(plain(input.parse()?)))
    } else if input.peek(token::Paren) {
        let list;
        parenthesized!(list in input);
        match list.peek2(Token![in]) {
            true => {
                let one = list.call(Ident::parse_any)?;
                list.parse::<Token![in]>()?;
                Value::In(one, list.call(Ident::parse_any)?)
            }
            false => {
                let names =
                    Punctuated::<Ident, Token![,]>::parse_terminated_with(&list, Ident::parse_any)?;
                Value::List(names.into_iter().collect())
            }
        }
    } else {
        Value::Alone
    };
    Ok(Setting {
        name,
        value,
        written,
    })
}

fn unknown(annotation: &str, known: Known, peers: Peers, name: &Ident) -> syn::Error {
    if let Some((word, what)) = peers.iter().find(|(peer, _)| name == peer) {
        return syn::Error::new(name.span(), format!("`{word}` {what}"));
    }
    let names = || known.iter().map(|(name, _)| *name);
    let text = name.to_string();
    let hint =
        nearest(&text, names()).map_or(String::new(), |near| format!(", did you mean `{near}`?"));
    let list = names()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    syn::Error::new(
        name.span(),
        format!("`{annotation}` has no argument `{text}`{hint} (it knows {list})"),
    )
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

impl Setting {
    fn refuse<T>(&self) -> syn::Result<T> {
        let message = format!("`{}` is written `{}`", self.name, self.written);
        Err(match &self.value {
            Value::Is(value) => syn::Error::new_spanned(value, message),
            Value::Alone | Value::List(_) | Value::In(..) => {
                syn::Error::new(self.name.span(), message)
            }
        })
    }

    /// `name = expr`
    pub(crate) fn expression(self) -> syn::Result<Expr> {
        match self.value {
            Value::Is(value) => Ok(*value),
            Value::Alone | Value::List(_) | Value::In(..) => self.refuse(),
        }
    }

    /// `name = "text"`
    pub(crate) fn string(self) -> syn::Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => Ok(text.clone()),
            _ => self.refuse(),
        }
    }

    /// `name = true | false`, or `name` alone for `true`
    pub(crate) fn flag(self) -> syn::Result<bool> {
        match (&self.value, self.literal()) {
            (Value::Alone, _) => Ok(true),
            (_, Some(Lit::Bool(LitBool { value, .. }))) => Ok(*value),
            _ => self.refuse(),
        }
    }

    /// `name` alone
    pub(crate) fn alone(self) -> syn::Result<bool> {
        match self.value {
            Value::Alone => Ok(true),
            Value::Is(_) | Value::List(_) | Value::In(..) => self.refuse(),
        }
    }

    /// `name(a, b)`
    pub(crate) fn names(self) -> syn::Result<Vec<Ident>> {
        match self.value {
            Value::List(names) => Ok(names),
            Value::Alone | Value::Is(_) | Value::In(..) => self.refuse(),
        }
    }

    /// `name(one in many)`, or `name = many`
    pub(crate) fn one_of_many(self) -> syn::Result<(Option<Ident>, Ident)> {
        match &self.value {
            Value::In(one, many) => Ok((Some(one.clone()), many.clone())),
            Value::Is(many) => match &**many {
                Expr::Path(path) => match path.path.get_ident() {
                    Some(many) => Ok((None, many.clone())),
                    None => self.refuse(),
                },
                _ => self.refuse(),
            },
            Value::Alone | Value::List(_) => self.refuse(),
        }
    }

    /// `name = [a, b]`
    pub(crate) fn list(self) -> syn::Result<Vec<Expr>> {
        match self.value {
            Value::Is(value) => match *value {
                Expr::Array(array) => Ok(array.elems.into_iter().map(plain).collect()),
                other => Self {
                    value: Value::Is(Box::new(other)),
                    ..self
                }
                .refuse(),
            },
            Value::Alone | Value::List(_) | Value::In(..) => self.refuse(),
        }
    }

    /// `name = "one"`, where the strings to choose from are given with what each stands for
    pub(crate) fn choice(
        self,
        choices: &[(&str, &'static str)],
    ) -> syn::Result<(&'static str, Span)> {
        let span = self.name.span();
        let text = self.string()?;
        let value = text.value();
        choices
            .iter()
            .find(|(name, _)| *name == value)
            .map(|(_, meaning)| (*meaning, span))
            .ok_or_else(|| {
                let list = choices
                    .iter()
                    .map(|(name, _)| format!("\"{name}\""))
                    .collect::<Vec<_>>()
                    .join(", ");
                syn::Error::new(
                    text.span(),
                    match choices {
                        [_] => format!("\"{value}\" is not a choice: write {list}"),
                        _ => format!("\"{value}\" is none of the choices: write one of {list}"),
                    },
                )
            })
    }

    /// `name = path`, or the path in a string
    pub(crate) fn path(self) -> syn::Result<Path> {
        match &self.value {
            Value::Is(value) => match &**value {
                Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => text
                    .parse_with(Path::parse_mod_style)
                    .or_else(|_| self.refuse()),
                _ => self.refuse(),
            },
            Value::Alone | Value::List(_) | Value::In(..) => self.refuse(),
        }
    }

    /// The literal after the `=`, if there is one.
    pub(crate) fn literal(&self) -> Option<&Lit> {
        match &self.value {
            Value::Is(value) => match &**value {
                Expr::Lit(literal) => Some(&literal.lit),
                _ => None,
            },
            Value::Alone | Value::List(_) | Value::In(..) => None,
        }
    }
}

/// What macros were given stands in an invisible group: without it, where it reads the same.
pub(crate) fn plain(expression: Expr) -> Expr {
    match expression {
        Expr::Group(group) => match plain(*group.expr) {
            inner @ (Expr::Lit(_)
            | Expr::Array(_)
            | Expr::Tuple(_)
            | Expr::Paren(_)
            | Expr::Path(_)
            | Expr::Closure(_)) => inner,
            other => Expr::Group(ExprGroup {
                expr: Box::new(other),
                ..group
            }),
        },
        other => other,
    }
}

/// Where the runtime is: `crate = path`, else `::cache_runtime`.
pub(crate) fn runtime(given: Option<Path>) -> TokenStream {
    given.map_or_else(
        || quote::quote_spanned!(Span::mixed_site()=> ::cache_runtime),
        ToTokens::into_token_stream,
    )
}
