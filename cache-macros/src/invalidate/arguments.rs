//! The arguments of `#[cache_invalidate]`, each read for itself.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use syn::{Expr, Lit, Path};

use crate::errors::Errors;
use crate::mentions::mentions;
use crate::settings::{Known, Setting, Value, settings};
use crate::tags::{Tag, check_name};

const KNOWN: Known = &[
    ("tags", "tags = [\"user:{id}\"]"),
    ("entries", "entries = [user_entry(id)]"),
    ("namespaces", "namespaces = [\"user\"]"),
    ("tags_from", "tags_from = |value| [..]"),
    ("before", "before"),
    ("expire", "expire"),
    ("on", "on = \"ok\""),
    ("cache", "cache = self.cache"),
    ("crate", "crate = path"),
];

/// The arguments as given; what was not given or couldn't be read is empty.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) tags: Vec<Tag>,
    pub(super) entries: Vec<Expr>,
    pub(super) namespaces: Vec<Expr>,
    /// Expressions that give any number of tags, and of entries.
    pub(super) all_tags: Option<Expr>,
    pub(super) all_entries: Option<Expr>,
    /// More tags, from what the fn returned.
    pub(super) tags_from: Option<Expr>,
    /// Whether the annotation gave any of these lists, even one that couldn't be read.
    pub(super) names_something: bool,
    /// The argument, where it is given.
    pub(super) before: Option<Ident>,
    pub(super) expire: bool,
    pub(super) only_ok: bool,
    pub(super) cache: Option<Expr>,
    pub(super) runtime: Option<Path>,
}

impl Arguments {
    /// Reads the annotation's tokens.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self::default();
        for setting in settings("cache_invalidate", KNOWN, &[], tokens, errors) {
            if let Err(error) = arguments.take(setting, errors) {
                errors.add(error);
            }
        }
        arguments
    }

    fn take(&mut self, setting: Setting, errors: &mut Errors) -> syn::Result<()> {
        match setting.name.to_string().as_str() {
            "tags" => match self.list_or_all(setting)? {
                Named::List(list) => self.tags = Tag::read(list, errors),
                Named::All(all) => self.all_tags = Some(all),
            },
            "entries" => match self.list_or_all(setting)? {
                Named::List(list) => self.entries = list,
                Named::All(all) => self.all_entries = Some(all),
            },
            "tags_from" => {
                self.names_something = true;
                self.tags_from = Some(from_value(setting.expression()?)?);
            }
            "namespaces" => {
                self.namespaces = self.list(setting)?;
                for namespace in &self.namespaces {
                    let checked = namespace_literal(namespace);
                    errors.keep(checked);
                }
            }
            "before" => {
                let name = setting.name.clone();
                self.before = setting.alone()?.then_some(name);
            }
            "expire" => self.expire = setting.alone()?,
            "on" => self.only_ok = !setting.choice(&[("ok", "ok")])?.0.is_empty(),
            "cache" => self.cache = Some(setting.expression()?),
            // The list of known names leaves this one only.
            _ => self.runtime = Some(setting.path()?),
        }
        Ok(())
    }

    /// The names that the annotation uses.
    pub(super) fn mentioned(&self) -> BTreeSet<String> {
        let tags = self.tags.iter().flat_map(mentions);
        let entries = self
            .entries
            .iter()
            .chain(&self.namespaces)
            .chain(&self.all_tags)
            .chain(&self.all_entries)
            .chain(&self.cache);
        tags.chain(entries.flat_map(mentions)).collect()
    }

    /// A list, or an expression that gives any number.
    fn list_or_all(&mut self, setting: Setting) -> syn::Result<Named> {
        match &setting.value {
            Value::Is(value) if !matches!(**value, Expr::Array(_) | Expr::Lit(_)) => {
                self.names_something = true;
                Ok(Named::All(setting.expression()?))
            }
            _ => self.list(setting).map(Named::List),
        }
    }

    /// A list that must not be empty.
    fn list(&mut self, setting: Setting) -> syn::Result<Vec<Expr>> {
        self.names_something = true;
        let name = setting.name.clone();
        let list = setting.list()?;
        if list.is_empty() {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` is empty: name what to invalidate, or leave it out"),
            ));
        }
        Ok(list)
    }
}

/// What is invalidated, as it is written.
enum Named {
    List(Vec<Expr>),
    All(Expr),
}

fn from_value(expression: Expr) -> syn::Result<Expr> {
    match &expression {
        Expr::Closure(_) | Expr::Path(_) => Ok(expression),
        other => Err(syn::Error::new_spanned(
            other,
            "`tags_from` makes tags of what the fn returned: write a closure, as `|value| [format!(\"org:{}\", value.org)]`, \
             or the path of a fn that takes a reference to it",
        )),
    }
}

fn namespace_literal(namespace: &Expr) -> syn::Result<()> {
    match namespace {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => check_name("a namespace", &text.value(), false, text),
            other => Err(syn::Error::new_spanned(
                other,
                "a namespace is a string, as \"user\"",
            )),
        },
        _ => Ok(()),
    }
}
