//! `#[cache_event(..)]` as written.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Path, Token};

use crate::errors::Errors;
use crate::nearest::among;
use crate::tags::check_name;
use crate::template::Template;

const KNOWN: [&str; 2] = ["invalidates", "crate"];

/// What stands in it.
#[derive(Default)]
pub(super) struct Attribute {
    /// Whether there is one.
    pub(super) is_there: bool,
    pub(super) name: Option<LitStr>,
    pub(super) invalidates: Vec<Template>,
    pub(super) runtime: Option<Path>,
}

/// One piece of it.
enum Piece {
    Name(LitStr),
    Setting(Ident, Expr),
    /// A word without a value.
    Word(Ident),
}

impl Parse for Piece {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Name);
        }
        let word = Ident::parse_any(input).map_err(|error| {
            let wants = "write the event's name, as \"entity.updated\", and `invalidates = [..]`";
            syn::Error::new(error.span(), wants)
        })?;
        if input.parse::<Option<Token![=]>>()?.is_none() {
            return Ok(Self::Word(word));
        }
        Ok(Self::Setting(word, input.parse()?))
    }
}

impl Attribute {
    pub(super) fn read(attributes: &[syn::Attribute], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        let mut before = Vec::new();
        let own = attributes
            .iter()
            .filter(|one| one.path().is_ident("cache_event"));
        for attribute in own {
            found.is_there = true;
            let pieces =
                attribute.parse_args_with(Punctuated::<Piece, Token![,]>::parse_terminated);
            for piece in errors.keep(pieces).unwrap_or_default() {
                found.take(piece, &mut before, errors);
            }
        }
        found
    }

    fn take(&mut self, piece: Piece, before: &mut Vec<String>, errors: &mut Errors) {
        let (word, value) = match piece {
            Piece::Name(name) => return self.take_name(name, errors),
            Piece::Word(word) => (word, None),
            Piece::Setting(word, value) => (word, Some(value)),
        };
        let text = word.to_string();
        if !KNOWN.contains(&text.as_str()) {
            let known = KNOWN.map(str::to_owned);
            let hint = among(&known, &word);
            errors.on(
                &word,
                format!("`{text}` is no argument of `cache_event`{hint}"),
            );
            return;
        }
        if before.contains(&text) {
            errors.on(&word, format!("`{text}` was given already: remove one"));
            return;
        }
        before.push(text);
        match (word == "crate", value) {
            (true, Some(Expr::Path(path))) if path.qself.is_none() => self.runtime = Some(path.path),
            (true, _) => errors.on(word, "`crate` needs a path, as in `crate = ::my_toolkit`"),
            (false, Some(Expr::Array(list))) if list.elems.is_empty() => errors.on(
                list,
                "`invalidates` is empty: name what the event makes invalid, or leave it out",
            ),
            (false, Some(Expr::Array(list))) => {
                let tags = list.elems.into_iter().filter_map(|tag| errors.keep(template(&tag)));
                self.invalidates = tags.collect();
            }
            (false, _) => errors.on(
                word,
                "`invalidates` needs a list of tags, as in `invalidates = [\"entity:{entity_id}\"]`",
            ),
        }
    }

    fn take_name(&mut self, name: LitStr, errors: &mut Errors) {
        if self.name.is_some() {
            errors.on(name, "an event has one name: remove the other");
            return;
        }
        errors.keep(check_name("an event's name", &name.value(), false, &name));
        self.name = Some(name);
    }
}

fn template(tag: &Expr) -> syn::Result<Template> {
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = tag
    else {
        return Err(syn::Error::new_spanned(
            tag,
            "a tag of an event is a template over its fields, as \"entity:{entity_id}\"; \
             for any other implement `CacheEvent` by hand",
        ));
    };
    let template = Template::parse(text)?;
    check_name("a tag", &template.text(), !template.pieces.is_empty(), text)?;
    Ok(template)
}
