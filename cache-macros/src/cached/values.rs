//! What may stand behind the name of an argument of `#[cached]`, where that is more than a text or a time.

use proc_macro2::{Ident, Span};
use syn::{Expr, Lit, LitStr, Visibility};

use crate::number::Number;
use crate::settings::{Setting, Value, plain};
use crate::tags::check_name;
use crate::template::Template;

/// What may be chosen, and the variant of the policy that each is.
pub(super) type Choices = [(&'static str, &'static str); 2];

const REFRESH: Choices = [("caller", "Caller"), ("background", "Background")];

/// What `key = ..` says.
pub(crate) enum Key {
    /// Expressions, each a part.
    Parts(Vec<Expr>),
    /// A literal: its holes are the parts, and the key is readable.
    Readable(Template),
}

/// What `entry = ..` says.
pub(crate) enum Entry {
    Named(Ident),
    Off,
}

/// Who refreshes; elsewhere a hit that lengthens a life is called so.
pub(super) fn refresh(setting: Setting) -> syn::Result<(&'static str, Span)> {
    let is_switch =
        matches!(setting.value, Value::Alone) || matches!(setting.literal(), Some(Lit::Bool(_)));
    if is_switch {
        return Err(syn::Error::new(
            setting.name.span(),
            "that a hit lengthens an entry's life is said as `sliding = \"24h\"`; who refreshes what is stale, as \
             `stale = \"10m\", refresh = \"background\"`",
        ));
    }
    setting.choice(&REFRESH)
}

/// A number of bytes, or a constant that is one.
pub(super) fn max_value(expression: Expr) -> syn::Result<Expr> {
    let takes =
        "`max_value` is a number of bytes over zero, as `max_value = 10_000`, or a constant";
    at_least(1, expression, takes)
}

/// A number of entries, or a constant that is one.
pub(super) fn max_entries(expression: Expr) -> syn::Result<Expr> {
    let takes = "`max_entries` is a number of entries, two or more, as `max_entries = 1_000`, or a constant";
    at_least(2, expression, takes)
}

fn at_least(least: usize, expression: Expr, takes: &str) -> syn::Result<Expr> {
    let is_number = match &expression {
        Expr::Lit(literal) => {
            matches!(&literal.lit, Lit::Int(number) if number.base10_parse::<usize>().is_ok_and(|given| given >= least))
        }
        _ => true,
    };
    match is_number {
        true => Ok(expression),
        false => Err(syn::Error::new_spanned(expression, takes)),
    }
}

pub(super) fn cost_per_load(expression: Expr) -> syn::Result<Number> {
    let takes = "`cost_per_load` is what a load costs, in any unit: write a number from a millionth on, as \
                 `cost_per_load = 0.002`, or a const expression";
    Number::read(expression, |cost| (1e-6..=1e12).contains(&cost), takes)
}

/// The one tier that is named; none where both are.
pub(super) fn tiers(setting: Setting) -> syn::Result<Option<(&'static str, Span)>> {
    let place = setting.name.span();
    let mut named = Vec::new();
    for tier in setting.list()? {
        let name = match &tier {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let name = match name.as_deref() {
            Some("memory") => "Memory",
            Some("redis") => "Redis",
            _ => {
                let message =
                    "no tier is called so: write `memory`, `redis` or both, as `tiers = [memory]`";
                return Err(syn::Error::new_spanned(tier, message));
            }
        };
        if named.contains(&name) {
            return Err(syn::Error::new_spanned(
                tier,
                "this tier is named twice: keep one",
            ));
        }
        named.push(name);
    }
    match named[..] {
        [] => Err(syn::Error::new(
            place,
            "a value that no tier has is not cached: name one, as `tiers = [memory]`, or remove `#[cached]`",
        )),
        [only] => Ok(Some((only, place))),
        _ => Ok(None),
    }
}

pub(super) fn policy(expression: Expr) -> syn::Result<Expr> {
    match expression {
        Expr::Lit(literal) => Err(syn::Error::new_spanned(
            literal,
            "`policy` is a constant that several fns share: write `policy = HOT`, and \
             `const HOT: cache_runtime::Policy = Policy::new(Duration::from_secs(300));`",
        )),
        other => Ok(other),
    }
}

pub(super) fn named(what: &str, text: LitStr) -> syn::Result<LitStr> {
    check_name(what, &text.value(), false, &text)?;
    Ok(text)
}

pub(super) fn key(expression: Expr) -> syn::Result<Key> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Template::parse(text).map(Key::Readable),
            other => Err(syn::Error::new_spanned(
                other,
                "a key that is the same for all calls: name arguments, as `key = (a, b.c)` or `key = \"{id}\"`",
            )),
        },
        Expr::Tuple(tuple) => Ok(Key::Parts(tuple.elems.into_iter().collect())),
        Expr::Paren(inner) => key(plain(*inner.expr)),
        other => Ok(Key::Parts(vec![other])),
    }
}

/// An argument that is a closure over the loaded value, or the path of a fn that takes a reference to it.
pub(super) struct OfValue {
    pub(super) name: &'static str,
    /// What it is for.
    does: &'static str,
    /// How a closure for it may look.
    example: &'static str,
    /// How it has more than the value, where it can.
    pub(super) beside: &'static str,
    /// Where an argument of the fn goes that it names.
    pub(super) instead: &'static str,
}

pub(super) const TAGS_FROM: OfValue = OfValue {
    name: "tags_from",
    does: "`tags_from` makes tags of the loaded value",
    example: "|value| [format!(\"org:{}\", value.org)]",
    beside: "",
    instead: "a tag of it goes into `tags`",
};

pub(super) const CACHE_IF: OfValue = OfValue {
    name: "cache_if",
    does: "`cache_if` says which loaded values are kept",
    example: "|value| value.is_final",
    beside: "",
    instead: "a call that is not to be cached is put into `cache_runtime::bypass(..)`",
};

pub(super) const TTL_FROM: OfValue = OfValue {
    name: "ttl_from",
    does: "`ttl_from` says how long a loaded value is kept",
    example: "|value| value.expires_in",
    beside: "",
    instead: "have the body put the time into the value",
};

pub(super) const VALID_IF: OfValue = OfValue {
    name: "valid_if",
    does: "`valid_if` says whether a hit serves this call",
    example: "|value| value.model == model",
    beside: ", and name arguments of the fn as they are",
    instead: "it may",
};

pub(super) fn fresh(expression: Expr) -> syn::Result<Expr> {
    let why = match &expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Bool(always) if always.value() => {
                "every call would reload its entry, so nothing would ever be served: name what says which calls do, as \
                 `fresh = reload`, or remove `fresh`"
            }
            Lit::Bool(_) => "no call reloads its entry anyway: remove `fresh`",
            _ => {
                "`fresh` says whether this call reloads its entry: name a `bool`, as `fresh = reload`"
            }
        },
        _ => return Ok(expression),
    };
    Err(syn::Error::new_spanned(expression, why))
}

pub(super) fn of_value(setting: Setting, what: &OfValue) -> syn::Result<Expr> {
    let mut expression = setting.expression()?;
    while let Expr::Paren(inner) = expression {
        expression = plain(*inner.expr);
    }
    match &expression {
        Expr::Closure(_) | Expr::Path(_) => Ok(expression),
        other => Err(syn::Error::new_spanned(
            other,
            format!(
                "{}: write a closure, as `{}`, or the path of a fn that takes a reference to it",
                what.does, what.example
            ),
        )),
    }
}

pub(super) fn version(setting: Setting) -> syn::Result<u32> {
    let number = match setting.literal() {
        // A suffix other than a type's is a mistake for another argument's value.
        Some(Lit::Int(number)) if matches!(number.suffix(), "" | "u32") => number
            .base10_parse::<u32>()
            .ok()
            .filter(|number| *number > 0),
        _ => None,
    };
    match number {
        Some(number) => Ok(number),
        None => Err(syn::Error::new_spanned(
            setting.expression()?,
            "a version is a whole number from 1 to 4294967295, as in `version = 2`",
        )),
    }
}

pub(super) fn compression(setting: Setting) -> syn::Result<(&'static str, Span)> {
    if matches!(setting.value, Value::Alone) {
        return Ok(("LZ4", setting.name.span()));
    }
    if let Some(Lit::Bool(wanted)) = setting.literal() {
        let chosen = if wanted.value { "LZ4" } else { "NONE" };
        return Ok((chosen, setting.name.span()));
    }
    setting.choice(&[
        ("lz4", "LZ4"),
        ("zstd", "ZSTD"),
        ("gzip", "GZIP"),
        ("none", "NONE"),
    ])
}

pub(super) fn encryption(setting: Setting) -> syn::Result<(&'static str, Span)> {
    let place = setting.name.span();
    if let Some(Lit::Str(text)) = setting.literal() {
        return Err(syn::Error::new(
            text.span(),
            "there is one cipher, and the cache has the keys: write `encrypt`",
        ));
    }
    let chosen = if setting.flag()? { "ON" } else { "OFF" };
    Ok((chosen, place))
}

pub(super) fn early(expression: Expr) -> syn::Result<Number> {
    let takes = "`early` is a number over zero: write `early = 1.0`, more to refresh sooner, or a const expression";
    Number::read(expression, |beta| beta > 0.0 && beta.is_finite(), takes)
}

pub(super) fn jitter(expression: Expr) -> syn::Result<Number> {
    let takes = "`jitter` is a share of the ttl: write a number from 0.0 to 1.0, as `jitter = 0.2`, or a const expression";
    Number::read(expression, |share| (0.0..=1.0).contains(&share), takes)
}

pub(super) fn audit(expression: Expr) -> syn::Result<Number> {
    let takes = "`audit` is the share of the hits that are compared with a load: write a number from 0.0 to 1.0, as \
                 `audit = 0.001` for one of a thousand, or a const expression";
    Number::read(expression, |share| (0.0..=1.0).contains(&share), takes)
}

pub(super) fn visibility(text: &LitStr) -> syn::Result<Visibility> {
    text.parse().map_err(|_| {
        syn::Error::new_spanned(
            text,
            "who sees the companion is written as before a fn: `entry_vis = \"pub(crate)\"`, or `entry_vis = \"\"` for \
             this module alone",
        )
    })
}

pub(super) fn older(setting: Setting) -> syn::Result<Ident> {
    let named = setting.expression()?;
    const NOT_NAMES: [&str; 4] = ["self", "Self", "super", "crate"];
    let name = match &named {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    let name = name.filter(|name| NOT_NAMES.iter().all(|other| name != other));
    name.ok_or_else(|| {
        syn::Error::new_spanned(
            named,
            "`older` is what the body calls the value that it replaces: one word, as `older = previous`",
        )
    })
}

pub(super) fn entry(setting: Setting) -> syn::Result<Entry> {
    if let Some(Lit::Bool(off)) = setting.literal() {
        return if off.value {
            Err(syn::Error::new(
                off.span,
                "the companion is made anyway: leave `entry` out, or name it, as `entry = name`",
            ))
        } else {
            Ok(Entry::Off)
        };
    }
    let path = setting.path()?;
    match path.get_ident() {
        Some(name) => Ok(Entry::Named(name.clone())),
        None => Err(syn::Error::new_spanned(
            path,
            "the companion's name is one word, as `entry = user_entry`",
        )),
    }
}
