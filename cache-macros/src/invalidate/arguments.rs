//! The arguments of `#[cache_invalidate]`, each read for itself.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::{Expr, Lit, Path};

use crate::errors::Errors;
use crate::mentions::mentions;
use crate::settings::{Known, Setting, settings};
use crate::tags::{Tag, check_name};

const KNOWN: Known = &[
    ("tags", "tags = [\"user:{id}\"]"),
    ("entries", "entries = [user_entry(id)]"),
    ("namespaces", "namespaces = [\"user\"]"),
    ("before", "before"),
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
    /// Whether the annotation gave any of these lists, even one that couldn't be read.
    pub(super) names_something: bool,
    pub(super) before: bool,
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
            "tags" => self.tags = Tag::read(self.list(setting)?, errors),
            "entries" => self.entries = self.list(setting)?,
            "namespaces" => {
                self.namespaces = self.list(setting)?;
                for namespace in &self.namespaces {
                    let checked = namespace_literal(namespace);
                    errors.keep(checked);
                }
            }
            "before" => self.before = setting.alone()?,
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
            .chain(&self.cache);
        tags.chain(entries.flat_map(mentions)).collect()
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
