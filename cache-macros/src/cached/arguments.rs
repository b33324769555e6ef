//! The arguments of `#[cached]`, each read for itself.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, Lit, LitStr, Path};

use super::peers::PEERS;
use crate::errors::Errors;
use crate::function::Output;
use crate::number::Number;
use crate::policy::Given;
use crate::settings::{Known, Setting, Value, plain, settings};
use crate::tags::{Tag, check_name};
use crate::template::Template;

pub(super) const KNOWN: Known = &[
    ("ns", "ns = \"user\""),
    ("ttl", "ttl = \"5m\""),
    ("policy", "policy = HOT"),
    ("tags", "tags = [\"user:{id}\"]"),
    ("tags_from", "tags_from = |value| [..]"),
    ("cache_if", "cache_if = |value| value.is_final"),
    ("ttl_from", "ttl_from = |value| value.expires_in"),
    ("none_ttl", "none_ttl = \"30s\""),
    ("valid_if", "valid_if = |value| value.model == model"),
    ("fresh", "fresh = reload"),
    ("batch", "batch(id in ids)"),
    ("batch_of", "batch_of = user_entry(*id)"),
    ("key", "key = (a, b.c)"),
    ("skip", "skip(db, ctx)"),
    ("id", "id = \"user\""),
    ("shape", "shape = \"v2\""),
    ("fallible", "fallible"),
    ("version", "version = 2"),
    ("compress", "compress"),
    ("lease", "lease = \"process\""),
    ("wait", "wait = \"5s\""),
    ("stale", "stale = \"10m\""),
    ("refresh", "refresh = \"background\""),
    ("early", "early = 1.0"),
    ("detach", "detach"),
    ("max_value", "max_value = 10_000"),
    ("tiers", "tiers = [memory]"),
    ("jitter", "jitter = 0.2"),
    ("error_ttl", "error_ttl = \"2s\""),
    ("load_timeout", "load_timeout = \"2s\""),
    ("consistency", "consistency = \"strong\""),
    ("on_outage", "on_outage = \"serve\""),
    ("cache", "cache = self.cache"),
    ("entry", "entry = false"),
    ("crate", "crate = path"),
];

/// What may be chosen, and the variant of the policy that each is.
type Choices = [(&'static str, &'static str); 2];

const LEASE: Choices = [("fleet", "Fleet"), ("process", "Process")];
const REFRESH: Choices = [("caller", "Caller"), ("background", "Background")];
const CONSISTENCY: Choices = [("bounded", "Bounded"), ("strong", "Strong")];
const ON_OUTAGE: Choices = [("lag", "Lag"), ("serve", "Serve")];

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

/// What `batch(..)` says.
pub(crate) struct Batch {
    /// What each id is called; none where nothing needs to name it.
    pub(crate) one: Option<Ident>,
    /// The argument that has them.
    pub(crate) many: Ident,
}

/// The arguments as given; what was not given or couldn't be read is `None` or empty.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(super) namespace: Option<LitStr>,
    pub(super) ttl: Option<Given>,
    pub(super) ttl_was_given: bool,
    pub(super) policy: Option<Expr>,
    pub(super) policy_was_given: bool,
    pub(super) tags: Vec<Tag>,
    pub(super) tags_from: Option<Expr>,
    pub(super) cache_if: Option<Expr>,
    pub(super) ttl_from: Option<Expr>,
    pub(super) none_ttl: Option<Given>,
    pub(super) valid_if: Option<Expr>,
    pub(super) fresh: Option<Expr>,
    pub(super) batch: Option<Batch>,
    pub(super) batch_of: Option<Expr>,
    pub(super) key: Option<Key>,
    pub(super) key_was_given: bool,
    pub(super) skip: Vec<Ident>,
    pub(super) id: Option<LitStr>,
    pub(super) shape: Option<LitStr>,
    pub(super) fallible: Option<bool>,
    pub(super) version: Option<u32>,
    pub(super) compress: Option<(&'static str, Span)>,
    pub(super) lease: Option<(&'static str, Span)>,
    pub(super) wait: Option<Given>,
    pub(super) stale: Option<Given>,
    pub(super) stale_was_given: bool,
    pub(super) refresh: Option<(&'static str, Span)>,
    pub(super) early: Option<Number>,
    pub(super) early_was_given: bool,
    pub(super) jitter: Option<Number>,
    /// Where it was said that a load goes on without its caller.
    pub(super) detach: Option<Span>,
    pub(super) max_value: Option<Expr>,
    /// The one tier that has the values, if it is one.
    pub(super) only: Option<(&'static str, Span)>,
    pub(super) load_timeout: Option<Given>,
    pub(super) error_ttl: Option<Given>,
    pub(super) consistency: Option<(&'static str, Span)>,
    pub(super) on_outage: Option<(&'static str, Span)>,
    pub(super) cache: Option<Expr>,
    pub(super) entry: Option<Entry>,
    pub(super) runtime: Option<Path>,
    /// The names of all that were given.
    pub(super) given: Vec<Ident>,
}

impl Arguments {
    /// Reads the annotation's tokens.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self::default();
        for setting in settings("cached", KNOWN, PEERS, tokens, errors) {
            arguments.given.push(setting.name.clone());
            if let Err(error) = arguments.take(setting, errors) {
                errors.add(error);
            }
        }
        arguments
    }

    /// Whether the fn's return type is read as a `Result`.
    pub(super) fn is_fallible(&self, output: &Output) -> bool {
        self.fallible.unwrap_or_else(|| output.is_result())
    }

    /// Whether a task refreshes what is stale.
    pub(super) fn is_in_background(&self) -> bool {
        matches!(self.refresh, Some(("Background", _)))
    }

    fn take(&mut self, setting: Setting, errors: &mut Errors) -> syn::Result<()> {
        match setting.name.to_string().as_str() {
            "ns" => self.namespace = Some(named("a namespace", setting.string()?)?),
            "ttl" => {
                self.ttl_was_given = true;
                self.ttl = Some(Given::read_or_forever(setting.expression()?)?);
            }
            "policy" => {
                self.policy_was_given = true;
                self.policy = Some(policy(setting.expression()?)?);
            }
            "tags" => self.tags = Tag::read(setting.list()?, errors),
            "tags_from" => self.tags_from = Some(of_value(setting, &TAGS_FROM)?),
            "cache_if" => self.cache_if = Some(of_value(setting, &CACHE_IF)?),
            "ttl_from" => self.ttl_from = Some(of_value(setting, &TTL_FROM)?),
            "none_ttl" => self.none_ttl = Some(Given::read_or_zero(setting.expression()?)?),
            "valid_if" => self.valid_if = Some(of_value(setting, &VALID_IF)?),
            "fresh" => self.fresh = Some(fresh(setting.expression()?)?),
            "batch" => {
                let (one, many) = setting.one_of_many()?;
                self.batch = Some(Batch { one, many });
            }
            "batch_of" => self.batch_of = Some(setting.expression()?),
            "key" => {
                self.key_was_given = true;
                self.key = Some(key(setting.expression()?)?);
            }
            "skip" => self.skip = setting.names()?,
            "id" => self.id = Some(named("an id", setting.string()?)?),
            "shape" => self.shape = Some(named("a shape", setting.string()?)?),
            "fallible" => self.fallible = Some(setting.flag()?),
            "version" => self.version = Some(version(setting)?),
            "compress" => self.compress = Some(compression(setting)?),
            "lease" => self.lease = Some(setting.choice(&LEASE)?),
            "wait" => self.wait = Some(Given::read(setting.expression()?)?),
            "stale" => {
                self.stale_was_given = true;
                self.stale = Some(Given::read_or_zero(setting.expression()?)?);
            }
            "refresh" => self.refresh = Some(refresh(setting)?),
            "early" => {
                self.early_was_given = true;
                self.early = Some(early(setting.expression()?)?);
            }
            "detach" => {
                let place = setting.name.span();
                self.detach = setting.alone()?.then_some(place);
            }
            "max_value" => self.max_value = Some(max_value(setting.expression()?)?),
            "tiers" => self.only = tiers(setting)?,
            "jitter" => self.jitter = Some(jitter(setting.expression()?)?),
            "error_ttl" => self.error_ttl = Some(Given::read(setting.expression()?)?),
            "load_timeout" => self.load_timeout = Some(Given::read(setting.expression()?)?),
            "consistency" => self.consistency = Some(setting.choice(&CONSISTENCY)?),
            "on_outage" => self.on_outage = Some(setting.choice(&ON_OUTAGE)?),
            "cache" => self.cache = Some(setting.expression()?),
            "entry" => self.entry = Some(entry(setting)?),
            "crate" => self.runtime = Some(setting.path()?),
            name => {
                let fault =
                    format!("`{name}` is known and not read, which is a fault of the macro");
                return Err(syn::Error::new(setting.name.span(), fault));
            }
        }
        Ok(())
    }
}

/// Who refreshes; elsewhere a hit that lengthens a life is called so.
fn refresh(setting: Setting) -> syn::Result<(&'static str, Span)> {
    let is_switch =
        matches!(setting.value, Value::Alone) || matches!(setting.literal(), Some(Lit::Bool(_)));
    if is_switch {
        return Err(syn::Error::new(
            setting.name.span(),
            "a hit never lengthens an entry's `ttl`: remove `refresh`; who refreshes what is stale is said as \
             `stale = \"10m\", refresh = \"background\"`",
        ));
    }
    setting.choice(&REFRESH)
}

/// A number of bytes, or a constant that is one.
fn max_value(expression: Expr) -> syn::Result<Expr> {
    let is_number = match &expression {
        Expr::Lit(literal) => {
            matches!(&literal.lit, Lit::Int(number) if number.base10_parse::<usize>().is_ok_and(|bytes| bytes > 0))
        }
        _ => true,
    };
    match is_number {
        true => Ok(expression),
        false => Err(syn::Error::new_spanned(
            expression,
            "`max_value` is a number of bytes over zero, as `max_value = 10_000`, or a constant",
        )),
    }
}

/// The one tier that is named; none where both are.
fn tiers(setting: Setting) -> syn::Result<Option<(&'static str, Span)>> {
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

fn policy(expression: Expr) -> syn::Result<Expr> {
    match expression {
        Expr::Lit(literal) => Err(syn::Error::new_spanned(
            literal,
            "`policy` is a constant that several fns share: write `policy = HOT`, and \
             `const HOT: cache_runtime::Policy = Policy::new(Duration::from_secs(300));`",
        )),
        other => Ok(other),
    }
}

fn named(what: &str, text: LitStr) -> syn::Result<LitStr> {
    check_name(what, &text.value(), false, &text)?;
    Ok(text)
}

fn key(expression: Expr) -> syn::Result<Key> {
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

fn fresh(expression: Expr) -> syn::Result<Expr> {
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

fn of_value(setting: Setting, what: &OfValue) -> syn::Result<Expr> {
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

fn version(setting: Setting) -> syn::Result<u32> {
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

fn compression(setting: Setting) -> syn::Result<(&'static str, Span)> {
    if matches!(setting.value, crate::settings::Value::Alone) {
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

fn early(expression: Expr) -> syn::Result<Number> {
    let takes = "`early` is a number over zero: write `early = 1.0`, more to refresh sooner, or a const expression";
    Number::read(expression, |beta| beta > 0.0 && beta.is_finite(), takes)
}

fn jitter(expression: Expr) -> syn::Result<Number> {
    let takes = "`jitter` is a share of the ttl: write a number from 0.0 to 1.0, as `jitter = 0.2`, or a const expression";
    Number::read(expression, |share| (0.0..=1.0).contains(&share), takes)
}

fn entry(setting: Setting) -> syn::Result<Entry> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that is listed and not read would be told in an error, or taken for something else.
    #[test]
    fn each_known_argument_is_read_as_its_example_shows() {
        for (name, example) in KNOWN {
            let mut errors = Errors::default();
            // Of `[..]` the dots are the reader's to fill in.
            let example = example.replace("[..]", "[]");
            Arguments::read(example.parse().unwrap(), &mut errors);
            assert!(errors.finish().is_ok(), "{name}");
        }
    }
}
