//! One annotated function: what it says, what is in force, and what its calls came to.

use askama::Template;
use cache_runtime::{Counts, HistogramSnapshot, SettingFrom, SharedWith, SiteInfo};
use serde::Serialize;

use super::overview::{Outcome, outcomes, saved_by};
use crate::console::Console;
use crate::remedies::{Cause, of_misses, of_uncached, of_unstored};
use crate::shown::{Bytes, Count, Name, Over, Share, Time};
use crate::tally::{Rates, Tally};

#[derive(Serialize, Template)]
#[template(path = "function.html")]
pub(super) struct Function {
    function: Name,
    namespace: Name,
    /// One for each type that it was called at. None for one that only its figures tell of.
    sites: Vec<Site>,
    over: Over,
    lately: Rates,
    hit_rate: Share,
    calls: Count,
    loads: Count,
    failed_loads: Count,
    followers: Count,
    saved: Time,
    outcomes: Vec<Outcome>,
    misses: Vec<Cause>,
    unstored: Vec<Cause>,
    uncached: Vec<Cause>,
    times: Vec<Times>,
    sizes: Sizes,
    memory_entries: Count,
    memory_bytes: Bytes,
}

/// What an annotation says.
#[derive(Serialize)]
struct Site {
    place: &'static str,
    annotation: &'static str,
    key: &'static [&'static str],
    tags: Vec<Name>,
    was_called: bool,
    is_refused: bool,
    shared_with: Option<String>,
    settings: Vec<Setting>,
}

/// A setting in force.
#[derive(Serialize)]
struct Setting {
    name: &'static str,
    value: Name,
    from: &'static str,
}

/// How long something took.
#[derive(Serialize)]
struct Times {
    what: &'static str,
    times: Count,
    p50: Time,
    p99: Time,
    mean: Time,
}

/// How large stored values are.
#[derive(Serialize)]
struct Sizes {
    stored: Count,
    p50: Option<Bytes>,
    p99: Option<Bytes>,
    mean: Option<Bytes>,
}

/// None if it was not called and is not linked.
pub(super) fn look(console: &Console, namespace: &str, function: &str) -> Option<Function> {
    let (stats, lately) = console.figures();
    let is_it = |site: &SiteInfo| site.function == function && site.namespace == namespace;
    let sites = console.cache().sites().into_iter().filter(is_it);
    let sites: Vec<_> = sites.map(Site::from).collect();
    let mut rows = stats.functions.iter();
    let row = rows.find(|row| row.function == function && row.namespace == namespace);
    if row.is_none() && sites.is_empty() {
        return None;
    }
    let counts = row.map(|row| row.counts.clone()).unwrap_or_default();
    let tally = Tally::of(&counts);
    Some(Function {
        function: function.into(),
        namespace: namespace.into(),
        sites,
        over: lately.over,
        lately: lately.rates(lately.of(namespace, function)),
        hit_rate: tally.hit_rate(),
        calls: Count(tally.calls),
        loads: Count(tally.loads),
        failed_loads: Count(tally.failed),
        followers: Count(counts.followers),
        saved: Time::from(saved_by(&counts)),
        outcomes: outcomes(&counts.calls),
        misses: of_misses(&counts.misses),
        unstored: of_unstored(&counts.unstored),
        uncached: of_uncached(&counts.calls.uncached),
        times: times(&counts),
        sizes: Sizes {
            stored: Count(counts.stores),
            p50: counts.stored_sizes.quantile(0.5).map(Bytes),
            p99: counts.stored_sizes.quantile(0.99).map(Bytes),
            mean: counts.stored_sizes.mean().map(Bytes),
        },
        memory_entries: Count(counts.memory_entries),
        memory_bytes: Bytes(counts.memory_bytes),
    })
}

fn times(counts: &Counts) -> Vec<Times> {
    let all = [
        ("Load", &counts.load_time),
        ("Hit in memory", &counts.memory_hit_time),
        ("Hit in Redis", &counts.redis_hit_time),
        ("Read from Redis", &counts.read_time),
        ("The cache's own part of a load", &counts.own_time),
    ];
    let of = |(what, times): (_, &HistogramSnapshot)| Times {
        what,
        times: Count(times.count()),
        p50: Time(times.quantile(0.5)),
        p99: Time(times.quantile(0.99)),
        mean: Time(times.mean()),
    };
    all.into_iter().map(of).collect()
}

impl From<SiteInfo> for Site {
    fn from(site: SiteInfo) -> Self {
        let settings = site.settings.iter().map(|setting| Setting {
            name: setting.name,
            value: setting.value.as_str().into(),
            from: match setting.from {
                SettingFrom::Annotation => "annotation or its default",
                SettingFrom::NamespaceTable => "settings file, table of the namespace",
                SettingFrom::FunctionTable => "settings file, table of the function",
                _ => "elsewhere",
            },
        });
        Self {
            place: site.place,
            annotation: site.annotation,
            key: site.key,
            tags: site.tags.iter().map(|tag| (*tag).into()).collect(),
            was_called: site.was_called,
            is_refused: site.is_refused,
            shared_with: site.shared_with.as_ref().map(shared_with),
            settings: settings.collect(),
        }
    }
}

fn shared_with(shared: &SharedWith) -> String {
    let (with, why) = match shared {
        SharedWith::EveryBuild => return "every build whose value type is the same".to_owned(),
        SharedWith::SameSources { why } => ("builds of the same sources", why),
        SharedWith::SameStatement { why } => ("builds that state the same shape", why),
        SharedWith::SameExecutable { why } => ("processes of the same executable", why),
        _ => return "some processes".to_owned(),
    };
    format!("{with}, because of {why}")
}
