//! What is advised, and why.

use std::fmt;

use cache_runtime::{Cache, FleetStats, Stats};
use serde::{Deserialize, Serialize};

use crate::kinds;
use crate::words::{percent, rate, size, span};

/// What could be set better, from what was counted: the surest first. It is empty where nothing is, or too little was
/// counted to say so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Advice {
    /// Each by itself; two may be of one function.
    pub items: Vec<Item>,
}

/// One thing that could be set better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Item {
    /// What tells it from the others and stays while the figures move: `ttl_longer:shop::users::find`.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// The path of the function; empty for what is of the whole cache.
    pub function: String,
    /// Its namespace; empty for what is of the whole cache.
    pub namespace: String,
    /// Why, in a sentence.
    pub because: String,
    /// The figures that it rests on.
    pub evidence: Vec<Figure>,
    /// What to set.
    pub change: Change,
    /// What is to be expected of it.
    pub effect: Effect,
    /// How sure it is, 0 to 1: the chance that the share which it rests on is past what makes it worth while, as so many
    /// samples tell it. It is about the figures, and not about what they leave out.
    pub confidence: f64,
    /// How that is derived, with the sample and its margin.
    pub derived: String,
}

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Loads mostly give what was there: `ttl` can be longer.
    TtlLonger,
    /// What is served often differs from what a load gives: `ttl` is too long, or an invalidation is missing.
    TtlShorter,
    /// Callers wait for loads of the same keys again and again: a `stale` window has them served meanwhile.
    StaleWindow,
    /// Values would be much smaller compressed.
    CompressOn,
    /// Compression does not make values smaller.
    CompressOff,
    /// More memory would serve more reads.
    MemoryLarger,
    /// Less memory would serve as many reads.
    MemorySmaller,
    /// The cache costs the function more than it brings.
    NotWorthIt,
}

impl Kind {
    /// As it is written: `ttl_longer`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TtlLonger => "ttl_longer",
            Self::TtlShorter => "ttl_shorter",
            Self::StaleWindow => "stale_window",
            Self::CompressOn => "compress_on",
            Self::CompressOff => "compress_off",
            Self::MemoryLarger => "memory_larger",
            Self::MemorySmaller => "memory_smaller",
            Self::NotWorthIt => "not_worth_it",
        }
    }
}

/// A setting, as it stands in the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// What it is called: `ttl`, `stale`, `compress`, `enabled` of a function, `memory` of the cache.
    pub setting: String,
    /// What it is now, as the file would have it: `"5m"`.
    pub from: String,
    /// What to set it to, as the file has it: `"20m"`.
    pub to: String,
    /// Whether [`SettingsFile`](crate::SettingsFile) sets it. `enabled` it leaves to a person, as what a cache shields an
    /// origin from is not in its figures.
    pub can_apply: bool,
}

/// What is to be expected of a change, at the rates of the time that was counted. What is negative gets more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Effect {
    /// So many loads less a second.
    pub loads_less_per_second: Option<f64>,
    /// So many seconds of loads less an hour.
    pub origin_seconds_less_per_hour: Option<f64>,
    /// So many seconds less that callers wait an hour.
    pub waiting_seconds_less_per_hour: Option<f64>,
    /// By so much the hit rate rises, 0 to 1: that of the whole function, or of memory alone where memory is sized.
    pub hit_rate_more: Option<f64>,
    /// So many bytes less that are written an hour, or held where memory is sized.
    pub bytes_less: Option<f64>,
}

/// A figure that an item rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Figure {
    /// What it counts or measures: `compared`, `load time mean`.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
}

/// What a figure is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A share of 0 to 1.
    Share,
    /// A ratio of any size.
    Ratio,
}

/// [`Advice::of`] as a method: `cache.advice()`.
pub trait Advise {
    /// What could be set better, from what was counted so far.
    fn advice(&self) -> Advice;
}

impl Advise for Cache {
    fn advice(&self) -> Advice {
        Advice::of(self)
    }
}

impl Advise for FleetStats {
    fn advice(&self) -> Advice {
        Advice::of_stats(&self.total)
    }
}

impl Advice {
    /// From what this process has counted. A fleet's own figures, which are larger samples, are in
    /// [`Cache::fleet_stats`]: [`of_stats`](Self::of_stats) of their total.
    #[must_use]
    pub fn of(cache: &Cache) -> Self {
        Self::of_stats(&cache.insight())
    }

    /// From statistics, of one process or a sum of several. Nothing else is needed: the settings in force are among them.
    #[must_use]
    pub fn of_stats(stats: &Stats) -> Self {
        let mut items = kinds::all(stats);
        items.sort_by(|one, other| {
            let surest = other.confidence.total_cmp(&one.confidence);
            surest.then_with(|| one.id.cmp(&other.id))
        });
        Self { items }
    }

    /// The item of this id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }
}

impl Effect {
    /// Each part of it in words: `12.0 loads/s less`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let directed = |value: Option<f64>, of: &dyn Fn(f64) -> String, falls: bool| {
            let value = value?;
            let is_less = (value >= 0.0) == falls;
            let word = if is_less { "less" } else { "more" };
            Some(format!("{} {word}", of(value.abs())))
        };
        let all = [
            directed(
                self.loads_less_per_second,
                &|n| format!("{} loads/s", rate(n)),
                true,
            ),
            directed(
                self.origin_seconds_less_per_hour,
                &|n| format!("{} of loads an hour", span(n)),
                true,
            ),
            directed(
                self.waiting_seconds_less_per_hour,
                &|n| format!("{} of waiting an hour", span(n)),
                true,
            ),
            directed(
                self.hit_rate_more,
                &|n| format!("{} of hits", percent(n)),
                false,
            ),
            directed(self.bytes_less, &size, true),
        ];
        all.into_iter().flatten().collect()
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change {
            setting, from, to, ..
        } = &self.change;
        let of = match self.function.as_str() {
            "" => "the cache",
            function => function,
        };
        writeln!(
            f,
            "{of}: {setting} = {to} instead of {from} (confidence {:.2})",
            self.confidence
        )?;
        writeln!(f, "  because {}", self.because)?;
        writeln!(f, "  expect  {}", self.effect.words().join(", "))?;
        write!(f, "  sure    {}", self.derived)
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return f.write_str("nothing that the figures show");
        }
        let items: Vec<_> = self.items.iter().map(ToString::to_string).collect();
        f.write_str(&items.join("\n"))
    }
}
