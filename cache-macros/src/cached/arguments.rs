//! The arguments of `#[cached]`: which there are, and each read for itself.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, LitStr, Path, Visibility};

use super::listed::text;
use super::peers::PEERS;
use super::values::{
    CACHE_IF, Choices, Entry, Key, TAGS_FROM, TTL_FROM, VALID_IF, audit, compression,
    cost_per_load, early, encryption, entry, fresh, jitter, key, max_entries, max_value, named,
    of_value, older, policy, refresh, tiers, version, visibility,
};
use crate::errors::Errors;
use crate::function::Output;
use crate::number::Number;
use crate::policy::Given;
use crate::settings::{Known, Setting, settings};
use crate::tags::Tag;

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
    ("codec", "codec = \"json\""),
    ("encrypt", "encrypt"),
    ("lease", "lease = \"process\""),
    ("wait", "wait = \"5s\""),
    ("stale", "stale = \"10m\""),
    ("sliding", "sliding = \"24h\""),
    ("refresh", "refresh = \"background\""),
    ("early", "early = 1.0"),
    ("audit", "audit = 0.001"),
    ("detach", "detach"),
    ("max_value", "max_value = 10_000"),
    ("max_entries", "max_entries = 1_000"),
    ("priority", "priority = \"high\""),
    ("cost_per_load", "cost_per_load = 0.002"),
    ("tiers", "tiers = [memory]"),
    ("jitter", "jitter = 0.2"),
    ("older", "older = previous"),
    ("error_ttl", "error_ttl = \"2s\""),
    ("load_timeout", "load_timeout = \"2s\""),
    ("consistency", "consistency = \"strong\""),
    ("on_outage", "on_outage = \"serve\""),
    ("cache", "cache = self.cache"),
    ("entry", "entry = false"),
    ("entry_vis", "entry_vis = \"pub(crate)\""),
    ("crate", "crate = path"),
];

const PRIORITY: Choices = [("normal", "Normal"), ("high", "High")];
const CODEC: [(&str, &str); 3] = [
    ("bincode", "Bincode"),
    ("msgpack", "MessagePack"),
    ("json", "Json"),
];
const LEASE: Choices = [("fleet", "Fleet"), ("process", "Process")];
const CONSISTENCY: Choices = [("bounded", "Bounded"), ("strong", "Strong")];
const ON_OUTAGE: Choices = [("lag", "Lag"), ("serve", "Serve")];

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
    pub(super) codec: Option<(&'static str, Span)>,
    pub(super) encrypt: Option<(&'static str, Span)>,
    pub(super) lease: Option<(&'static str, Span)>,
    pub(super) wait: Option<Given>,
    pub(super) stale: Option<Given>,
    pub(super) stale_was_given: bool,
    pub(super) refresh: Option<(&'static str, Span)>,
    pub(super) early: Option<Number>,
    pub(super) early_was_given: bool,
    pub(super) jitter: Option<Number>,
    /// Which share of the hits is audited.
    pub(super) audit: Option<Number>,
    /// Where it was said that a load goes on without its caller.
    pub(super) detach: Option<Span>,
    pub(super) sliding: Option<Given>,
    /// What the body calls the value that its load replaces.
    pub(super) older: Option<Ident>,
    pub(super) max_value: Option<Expr>,
    pub(super) max_entries: Option<Expr>,
    pub(super) priority: Option<(&'static str, Span)>,
    pub(super) cost_per_load: Option<Number>,
    /// The one tier that has the values, if it is one.
    pub(super) only: Option<(&'static str, Span)>,
    pub(super) load_timeout: Option<Given>,
    pub(super) error_ttl: Option<Given>,
    pub(super) consistency: Option<(&'static str, Span)>,
    pub(super) on_outage: Option<(&'static str, Span)>,
    pub(super) cache: Option<Expr>,
    pub(super) entry: Option<Entry>,
    pub(super) entry_vis: Option<Visibility>,
    pub(super) runtime: Option<Path>,
    /// All of them, as they are written.
    pub(super) written: String,
    /// The names of all that were given.
    pub(super) given: Vec<Ident>,
}

impl Arguments {
    /// Reads the annotation's tokens.
    pub(super) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self {
            written: text(&tokens),
            ..Self::default()
        };
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

    /// Whether a task may have the body.
    pub(super) fn is_detachable(&self) -> bool {
        self.is_in_background() || self.audit.is_some()
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
            "codec" => self.codec = Some(setting.choice(&CODEC)?),
            "encrypt" => self.encrypt = Some(encryption(setting)?),
            "lease" => self.lease = Some(setting.choice(&LEASE)?),
            "wait" => self.wait = Some(Given::read(setting.expression()?)?),
            "stale" => {
                self.stale_was_given = true;
                self.stale = Some(Given::read_or_zero(setting.expression()?)?);
            }
            "sliding" => self.sliding = Some(Given::read_or_forever(setting.expression()?)?),
            "refresh" => self.refresh = Some(refresh(setting)?),
            "early" => {
                self.early_was_given = true;
                self.early = Some(early(setting.expression()?)?);
            }
            "audit" => self.audit = Some(audit(setting.expression()?)?),
            "detach" => {
                let place = setting.name.span();
                self.detach = setting.alone()?.then_some(place);
            }
            "max_value" => self.max_value = Some(max_value(setting.expression()?)?),
            "max_entries" => self.max_entries = Some(max_entries(setting.expression()?)?),
            "priority" => self.priority = Some(setting.choice(&PRIORITY)?),
            "cost_per_load" => self.cost_per_load = Some(cost_per_load(setting.expression()?)?),
            "tiers" => self.only = tiers(setting)?,
            "jitter" => self.jitter = Some(jitter(setting.expression()?)?),
            "older" => self.older = Some(older(setting)?),
            "error_ttl" => self.error_ttl = Some(Given::read(setting.expression()?)?),
            "load_timeout" => self.load_timeout = Some(Given::read(setting.expression()?)?),
            "consistency" => self.consistency = Some(setting.choice(&CONSISTENCY)?),
            "on_outage" => self.on_outage = Some(setting.choice(&ON_OUTAGE)?),
            "cache" => self.cache = Some(setting.expression()?),
            "entry" => self.entry = Some(entry(setting)?),
            "entry_vis" => self.entry_vis = Some(visibility(&setting.string()?)?),
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
