//! `#[cache_key(..)]` as written.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitInt, Meta, Path, Token};

use super::ctxt::Ctxt;
use super::model::{Name, Writing};

/// What an attribute stands on.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Container,
    Variant,
    Field,
}

impl Place {
    fn known(self) -> &'static [&'static str] {
        match self {
            Self::Container => &["rename", "crate"],
            Self::Variant => &["rename"],
            Self::Field => &["skip", "rename", "round", "with"],
        }
    }

    fn described(self) -> &'static str {
        match self {
            Self::Container => "a type",
            Self::Variant => "a variant",
            Self::Field => "a field",
        }
    }
}

/// All `#[cache_key(..)]` of one place, taken together.
pub(super) struct Attributes {
    pub(super) rename: Option<Name>,
    pub(super) runtime: Option<Path>,
    pub(super) writing: Writing,
}

impl Attributes {
    pub(super) fn parse(ctxt: &Ctxt, attrs: &[Attribute], place: Place) -> Self {
        let items = items(ctxt, attrs, place);
        check_not_repeated(ctxt, &items);
        check_combination(ctxt, &items);

        let mut parsed = Self {
            rename: None,
            runtime: None,
            writing: Writing::Plain,
        };
        for item in &items {
            parsed.take(ctxt, item);
        }
        parsed
    }

    fn take(&mut self, ctxt: &Ctxt, item: &Meta) {
        let path = item.path();
        if path.is_ident("skip") {
            match item {
                Meta::Path(_) => self.writing = Writing::Skipped,
                _ => ctxt.error(item, "`skip` takes no value: write `#[cache_key(skip)]`"),
            }
        } else if path.is_ident("rename") {
            self.rename = name(ctxt, item);
        } else if path.is_ident("crate") {
            self.runtime = value(ctxt, item, "crate = path").and_then(|path| {
                let parsed = plain_path(path);
                if parsed.is_none() {
                    ctxt.error(path, "`crate` needs a path, as in `crate = ::my_cache`");
                }
                parsed
            });
        } else if path.is_ident("round") {
            if let Some(decimals) = decimals(ctxt, item) {
                self.writing = Writing::Rounded(decimals);
            }
        } else if let Some(path) = value(ctxt, item, "with = path") {
            match path {
                Expr::Path(_) => self.writing = Writing::With(path.clone()),
                _ => ctxt.error(
                    path,
                    "`with` needs the path of a `fn(&T, &mut KeyWriter)`, as in `with = write_area`",
                ),
            }
        }
    }
}

/// What stands in the parentheses, without what isn't known there.
fn items(ctxt: &Ctxt, attrs: &[Attribute], place: Place) -> Vec<Meta> {
    let mut all = Vec::new();
    for attr in attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cache_key"))
    {
        match attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(items) => all.extend(items),
            Err(error) => ctxt.push(error),
        }
    }
    all.retain(|item| check_known(ctxt, item, place));
    all
}

fn check_known(ctxt: &Ctxt, item: &Meta, place: Place) -> bool {
    let known = place.known();
    if known.iter().any(|name| item.path().is_ident(name)) {
        return true;
    }
    let list = known
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    ctxt.error(
        item.path(),
        format!(
            "`{}` is no `cache_key` attribute of {}; there is {list}",
            text_of(item.path()),
            place.described(),
        ),
    );
    false
}

fn check_not_repeated(ctxt: &Ctxt, items: &[Meta]) {
    for (index, item) in items.iter().enumerate() {
        if items[..index]
            .iter()
            .any(|earlier| earlier.path() == item.path())
        {
            let name = text_of(item.path());
            ctxt.error(
                item.path(),
                format!("`{name}` was given already; remove one"),
            );
        }
    }
}

/// `skip`, `round` and `with` each say how the field is written, and `rename` is for one that is.
fn check_combination(ctxt: &Ctxt, items: &[Meta]) {
    let find = |name: &str| items.iter().find(|item| item.path().is_ident(name));
    if find("skip").is_some() {
        for other in ["rename", "round", "with"].into_iter().filter_map(find) {
            let name = text_of(other.path());
            ctxt.error(
                other.path(),
                format!("`{name}` has no effect on a skipped field; remove it or `skip`"),
            );
        }
    } else if let (Some(_), Some(with)) = (find("round"), find("with")) {
        ctxt.error(
            with.path(),
            "`round` and `with` both say how to write the field; remove one, \
             or round in the fn of `with`",
        );
    }
}

fn name(ctxt: &Ctxt, item: &Meta) -> Option<Name> {
    match value(ctxt, item, "rename = \"name\"")? {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => {
            if text.value().is_empty() {
                ctxt.error(text, "a name can't be empty");
            }
            Some(Name {
                text: text.value(),
                span: text.span(),
            })
        }
        other => {
            ctxt.error(other, "`rename` needs a string, as in `rename = \"name\"`");
            None
        }
    }
}

fn decimals(ctxt: &Ctxt, item: &Meta) -> Option<u8> {
    let value = value(ctxt, item, "round = 3")?;
    let decimals = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => within_fifteen(number),
        _ => None,
    };
    if decimals.is_none() {
        ctxt.error(
            value,
            "`round` needs a number of decimals from 0 to 15, written out, as in `round = 3`",
        );
    }
    decimals
}

/// A double has 15 decimal digits that can be relied on.
fn within_fifteen(number: &LitInt) -> Option<u8> {
    number
        .base10_parse()
        .ok()
        .filter(|decimals| *decimals <= 15)
}

/// The `value` of `name = value`.
fn value<'a>(ctxt: &Ctxt, item: &'a Meta, form: &str) -> Option<&'a Expr> {
    match item {
        Meta::NameValue(pair) => Some(&pair.value),
        _ => {
            ctxt.push(syn::Error::new(
                item.span(),
                format!("this needs a value: write `{form}`"),
            ));
            None
        }
    }
}

fn plain_path(expr: &Expr) -> Option<Path> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        _ => None,
    }
}

fn text_of(path: &Path) -> String {
    quote::quote!(#path).to_string().replace(' ', "")
}
