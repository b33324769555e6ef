//! Templates over arguments: `"user:{id}"`, `"org:{user.org}"`, with `{{` and `}}` for braces.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, LitStr, Member};

use crate::span;

/// A string literal whose holes are expressions over the fn's arguments.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) literal: LitStr,
    pub(crate) pieces: Vec<Piece>,
}

/// What a template is made of, in order.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text as it will stand, braces unescaped.
    Text(String),
    /// `{user.org:04}`
    Hole(Hole),
}

/// One `{..}` of a template.
#[derive(Debug)]
pub(crate) struct Hole {
    /// `user.org`
    pub(crate) expression: Expr,
    /// `user`: the argument that the expression begins with
    pub(crate) head: Ident,
    /// `:04`, or nothing
    pub(crate) format: String,
}

impl Template {
    /// Reads a literal. Its errors stand at the literal: no part of a string has a span of its own.
    pub(crate) fn parse(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some(brace) = rest.find(['{', '}']) {
            plain.push_str(&rest[..brace]);
            let open = rest[brace..].starts_with('{');
            let after = &rest[brace + 1..];
            if after.starts_with(if open { '{' } else { '}' }) {
                plain.push_str(&rest[brace..=brace]);
                rest = &after[1..];
                continue;
            }
            let Some(close) = after.find('}').filter(|_| open) else {
                let (lone, twice) = if open { ('{', "{{") } else { ('}', "}}") };
                return Err(syn::Error::new(
                    literal.span(),
                    format!(
                        "this template has a lone `{lone}`: close it, or write `{twice}` for the character"
                    ),
                ));
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Hole(Hole::parse(&after[..close], literal)?));
            rest = &after[close + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self {
            literal: literal.clone(),
            pieces,
        })
    }

    /// The holes, in order.
    pub(crate) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) => None,
        })
    }

    /// The text around the holes.
    pub(crate) fn text(&self) -> String {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Hole(_) => None,
            })
            .collect()
    }

    /// `format_args!("user:{}", id)`
    pub(crate) fn format_args(&self) -> TokenStream {
        let mut format = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => format.push_str(&text.replace('{', "{{").replace('}', "}}")),
                Piece::Hole(hole) => format.extend(["{", &hole.format, "}"]),
            }
        }
        let format = LitStr::new(&format, span::made(self.literal.span()));
        let values = self.holes().map(|hole| &hole.expression);
        quote_spanned!(span::made(self.literal.span())=> ::core::format_args!(#format #(, #values)*))
    }
}

impl Hole {
    fn parse(text: &str, literal: &LitStr) -> syn::Result<Self> {
        let (expression, format) = text.split_at(format_at(text));
        let refuse = |why: &str| syn::Error::new(literal.span(), format!("`{{{text}}}` {why}"));
        if format.contains(['$', '?']) {
            return Err(refuse(
                "has a format that can't be used here: write a fixed width or precision, never `?` or `$`",
            ));
        }
        let source = LitStr::new(expression, literal.span());
        let parsed: Expr = source.parse().or_else(|_| {
            let tokens = source.parse().map(with_raw_keywords);
            tokens.and_then(syn::parse2).map_err(|_| {
                refuse("is no argument: write one, as `{id}`, or a field of one, as `{user.org}`")
            })
        })?;
        let head = head(&parsed).ok_or_else(|| {
            refuse("doesn't begin with an argument: write one, as `{id}`, or a field of one")
        })?;
        Ok(Self {
            head: head.clone(),
            expression: parsed,
            format: format.to_owned(),
        })
    }

    /// The format alone as a `format_args!` of the value, or the value where there is no format.
    pub(crate) fn shown(&self, literal: &LitStr) -> TokenStream {
        let expression = &self.expression;
        if self.format.is_empty() {
            return crate::borrow::borrowed(expression, literal.span());
        }
        let format = LitStr::new(&format!("{{{}}}", self.format), span::made(literal.span()));
        quote_spanned!(span::made(literal.span())=> ::core::format_args!(#format, #expression))
    }
}

/// `{type}` for an argument `r#type`, as `format!` has no way to say it: keywords that can be names.
fn with_raw_keywords(tokens: TokenStream) -> TokenStream {
    let raw = tokens.into_iter().map(|token| match &token {
        TokenTree::Ident(word) if is_keyword(word) => {
            TokenTree::Ident(Ident::new_raw(&word.to_string(), word.span()))
        }
        _ => token,
    });
    raw.collect()
}

fn is_keyword(word: &Ident) -> bool {
    let text = word.to_string();
    let can_be_raw = !matches!(text.as_str(), "self" | "Self" | "super" | "crate" | "_");
    can_be_raw && !text.starts_with("r#") && syn::parse_str::<Ident>(&text).is_err()
}

/// Where the format of a hole starts: at its first `:` that isn't half of a `::`.
fn format_at(text: &str) -> usize {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .find(|&i| {
            let before = i.checked_sub(1).and_then(|i| bytes.get(i));
            bytes[i] == b':' && before != Some(&b':') && bytes.get(i + 1) != Some(&b':')
        })
        .unwrap_or(bytes.len())
}

/// The identifier that a chain of fields, calls and indexes begins with.
fn head(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Field(field) => head(&field.base),
        Expr::MethodCall(call) => head(&call.receiver),
        Expr::Index(index) => head(&index.expr),
        _ => None,
    }
}

/// A path of fields as it is written: the part's name.
pub(crate) fn name_of(expression: &Expr) -> String {
    match expression {
        Expr::Field(field) => match &field.member {
            Member::Named(name) => format!("{}.{name}", name_of(&field.base)),
            Member::Unnamed(index) => format!("{}.{}", name_of(&field.base), index.index),
        },
        other => joined(other.to_token_stream()),
    }
}

/// Tokens as text, with a space only between words: what it says doesn't depend on the compiler,
/// so the names of a key's parts stay what they are when the compiler is updated.
fn joined(tokens: TokenStream) -> String {
    let mut text = String::new();
    for token in tokens {
        let piece = match &token {
            proc_macro2::TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                format!("{open}{}{close}", joined(group.stream()))
            }
            other => other.to_string(),
        };
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if text.ends_with(word) && piece.starts_with(word) {
            text.push(' ');
        }
        text.push_str(&piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::{LitStr, parse_quote};

    use super::{Template, joined, name_of};

    fn parse(text: &str) -> Result<Template, String> {
        Template::parse(&LitStr::new(text, Span::call_site())).map_err(|error| error.to_string())
    }

    fn holes(text: &str) -> Vec<(String, String)> {
        let template = parse(text).expect(text);
        template
            .holes()
            .map(|hole| (name_of(&hole.expression), hole.format.clone()))
            .collect()
    }

    #[test]
    fn finds_the_holes() {
        assert_eq!(holes("user:{id}"), [("id".to_owned(), String::new())]);
        assert_eq!(
            holes("{a}{b.c.0}"),
            [
                ("a".to_owned(), String::new()),
                ("b.c.0".to_owned(), String::new())
            ]
        );
        assert_eq!(holes("{id:04}"), [("id".to_owned(), ":04".to_owned())]);
        assert_eq!(holes("everyone"), []);
    }

    #[test]
    fn a_hole_may_be_named_by_a_keyword() {
        let template = parse("{type}-{user.type}-{self.id}").expect("holes");
        let shown: Vec<String> = template
            .holes()
            .map(|hole| name_of(&hole.expression))
            .collect();
        assert_eq!(shown, ["r#type", "user.r#type", "self.id"]);
    }

    #[test]
    fn unescapes_braces() {
        let template = parse("a{{b}}{id}{{").expect("escapes");
        assert_eq!(template.text(), "a{b}{");
        let args = template.format_args().to_string();
        assert!(args.contains("\"a{{b}}{}{{\""), "{args}");
    }

    #[test]
    fn names_the_argument_a_hole_begins_with() {
        let template = parse("{user.name().len()} {list[0]}").expect("chains");
        let heads: Vec<String> = template.holes().map(|hole| hole.head.to_string()).collect();
        assert_eq!(heads, ["user", "list"]);
    }

    #[test]
    fn refuses_what_it_can_not_check() {
        for text in [
            "{",
            "a}b",
            "{}",
            "{id",
            "{1}",
            "{std::env::args}",
            "{id:?}",
            "{id:w$}",
            "{a b}",
            "{-id}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn part_names_do_not_depend_on_spacing() {
        assert_eq!(
            joined("a . b ( c , d )".parse().expect("tokens")),
            "a.b(c,d)"
        );
        assert_eq!(joined("x as u64".parse().expect("tokens")), "x as u64");
        assert_eq!(name_of(&parse_quote!(self.pair.0)), "self.pair.0");
    }
}
