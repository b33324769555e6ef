//! The arguments of `#[cache_put]`, each read for itself.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, Path};

use crate::errors::Errors;
use crate::settings::{Known, Peers, Setting, plain, settings};

const KNOWN: Known = &[
    ("entry", "entry = user_entry(id)"),
    ("on", "on = \"ok\""),
    ("crate", "crate = path"),
];

/// What other caches call things, and what belongs to the entry's own fn.
const PEERS: Peers = &[
    (
        "key",
        "is told by `entry` here: write `entry = user_entry(id)`",
    ),
    ("entries", "is one here: write `entry = user_entry(id)`"),
    ("ttl", "is that of the entry's own fn; remove it"),
    (
        "tags",
        "are those of the entry's own fn; to invalidate others, add `#[cache_invalidate(tags = [..])]`",
    ),
    ("ns", "is that of the entry's own fn; remove it"),
    ("cache", "is that of the entry's own fn; remove it"),
];

/// Which entry the value is for.
pub(super) enum Entry {
    /// One that the arguments tell.
    Is(Expr),
    /// One that only the value tells.
    OfValue(ExprClosure),
}

/// The arguments as given; what was not given or couldn't be read is empty.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) entry: Option<Entry>,
    pub(super) entry_was_given: bool,
    /// Where it is written that only `Ok` counts.
    pub(super) only_ok: Option<Span>,
    pub(super) runtime: Option<Path>,
}

impl Arguments {
    /// Reads the annotation's tokens.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self::default();
        for setting in settings("cache_put", KNOWN, PEERS, tokens, errors) {
            if let Err(error) = arguments.take(setting, errors) {
                errors.add(error);
            }
        }
        arguments
    }

    fn take(&mut self, setting: Setting, errors: &mut Errors) -> syn::Result<()> {
        match setting.name.to_string().as_str() {
            "entry" => {
                self.entry_was_given = true;
                self.entry = Some(entry(setting.expression()?, errors)?);
            }
            "on" => {
                self.only_ok = Some(setting.name.span());
                setting.choice(&[("ok", "ok")])?;
            }
            // The list of known names leaves this one only.
            _ => self.runtime = Some(setting.path()?),
        }
        Ok(())
    }
}

fn entry(mut expression: Expr, errors: &mut Errors) -> syn::Result<Entry> {
    while let Expr::Paren(inner) = expression {
        expression = plain(*inner.expr);
    }
    match expression {
        Expr::Closure(closure) => {
            if let Some(asyncness) = &closure.asyncness {
                errors.on(
                    asyncness,
                    "an entry is named without waiting: remove `async`",
                );
            }
            if closure.inputs.len() != 1 {
                errors.at(
                    closure.inputs_begin.span(),
                    "this closure is given the value and nothing else: write `|user| user_entry(user.id)`",
                );
            }
            Ok(Entry::OfValue(closure))
        }
        Expr::Lit(literal) => Err(syn::Error::new_spanned(
            literal,
            "`entry` is an entry, by the companion of its fn: write `entry = user_entry(id)`",
        )),
        other => Ok(Entry::Is(other)),
    }
}
