//! One annotated function: what it says, what is in force, and what its calls came to.

use askama::Template;
use cache_insight::{Advice, Item};
use cache_runtime::{Counts, HistogramSnapshot, SettingFrom, SettingInForce, SharedWith, SiteInfo};
use serde::Serialize;

use super::insight::{Advised, Insight};
use super::overview::{Outcome, outcomes, saved_by};
use crate::chart::{Chart, Point, Shape};
use crate::console::Console;
use crate::remedies::{Cause, of_misses, of_uncached, of_unstored};
use crate::scope::{Figures, Of, Scope};
use crate::shown::{Bytes, Count, Name, Over, Share, Time, encoded};
use crate::tally::{Rates, Tally};

#[derive(Serialize, Template)]
#[template(path = "function.html")]
pub(super) struct Function {
    scope: Scope,
    #[serde(skip)]
    is_outside: bool,
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
    /// How many loads took how long; none before the first.
    load_times: Option<Chart>,
    sizes: Sizes,
    memory_entries: Count,
    memory_bytes: Bytes,
    /// What could be set better, the surest first.
    advice: Vec<Advised>,
    insight: Insight,
    /// Those of the cache itself, in this process.
    cache_settings: Vec<Setting>,
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
    from: String,
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

impl Function {
    /// What the link of a choice begins with.
    fn link(&self) -> String {
        let (namespace, function) = (encoded(self.namespace.raw()), encoded(self.function.raw()));
        format!("function?namespace={namespace}&function={function}&")
    }
}

/// None if it was not called and is not linked.
pub(super) async fn look(
    console: &Console,
    namespace: &str,
    function: &str,
    of: Option<Of>,
) -> Option<Function> {
    let Figures {
        scope,
        stats,
        lately,
    } = console.figures(of).await;
    let is_it = |site: &SiteInfo| site.function == function && site.namespace == namespace;
    let sites = console.cache().sites().into_iter().filter(is_it);
    let sites: Vec<_> = sites.map(Site::from).collect();
    let mut rows = stats.functions.iter();
    let row = rows.find(|row| row.function == function && row.namespace == namespace);
    if row.is_none() && sites.is_empty() {
        return None;
    }
    let insight = row.map(Insight::of).unwrap_or_default();
    let advice = Advice::of_stats(&stats).items;
    let of_it = |item: &&Item| item.function == function && item.namespace == namespace;
    let advice = advice.iter().filter(of_it).map(Advised::from).collect();
    let counts = row.map(|row| row.counts.clone()).unwrap_or_default();
    let tally = Tally::of(&counts);
    let is_outside = console.is_outside();
    let cache_settings = match is_outside {
        // What who looks on has set is of no function.
        true => Vec::new(),
        false => console.cache().settings(),
    };
    Some(Function {
        scope,
        is_outside,
        advice,
        insight,
        cache_settings: cache_settings
            .iter()
            .map(|setting| Setting::of(setting, ""))
            .collect(),
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
        load_times: load_times(&counts.load_time),
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

/// How many loads took how long, from the shortest to the longest.
fn load_times(times: &HistogramSnapshot) -> Option<Chart> {
    let buckets: Vec<_> = times.buckets().collect();
    let has_any = |(_, count): &(_, u64)| *count > 0;
    let (first, last) = (
        buckets.iter().position(has_any)?,
        buckets.iter().rposition(has_any)?,
    );
    let buckets = &buckets[first..=last];
    let most = buckets.iter().map(|(_, count)| *count).max()?;
    let bound = |at: usize| Time::from(buckets[at].0).to_string();
    let points = buckets.iter().enumerate().map(|(at, (_, count))| Point {
        x: at as f64 / buckets.len() as f64,
        y: *count as f64 / most as f64,
        across: bound(at),
        up: Count(*count).to_string(),
        is_told: true,
    });
    let middle = bound(buckets.len() / 2);
    Some(Chart {
        id: "load-times",
        title: "How long loads took",
        across: "Less than, doubling",
        up: "Loads",
        shape: Shape::Bars,
        points: points.collect(),
        below: match buckets.len() {
            1 => vec![bound(0)],
            2 => vec![bound(0), bound(1)],
            _ => vec![bound(0), middle, bound(buckets.len() - 1)],
        },
        beside: ["0".to_owned(), Count(most).to_string()].into(),
        mark: None,
    })
}

impl From<SiteInfo> for Site {
    fn from(site: SiteInfo) -> Self {
        let settings = site.settings.iter();
        let settings = settings.map(|setting| Setting::of(setting, site.annotation));
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

impl Setting {
    /// `annotation` is what is written of the function, if it is a function's.
    fn of(setting: &SettingInForce, annotation: &str) -> Self {
        Self {
            name: setting.name,
            value: setting.value.as_str().into(),
            from: match setting.from {
                SettingFrom::Annotation if says(annotation, setting.name) => {
                    "annotation".to_owned()
                }
                SettingFrom::Annotation if says(annotation, "policy") => {
                    "the policy that the annotation names, or its default".to_owned()
                }
                SettingFrom::Annotation => "default of annotations".to_owned(),
                SettingFrom::NamespaceTable => "settings file, table of the namespace".to_owned(),
                SettingFrom::FunctionTable => "settings file, table of the function".to_owned(),
                SettingFrom::SettingsFile => "settings file".to_owned(),
                SettingFrom::Default => "default".to_owned(),
                SettingFrom::Builder => "the program, by CacheBuilder".to_owned(),
                SettingFrom::Environment(variable) => format!("environment, {variable}"),
                _ => "elsewhere".to_owned(),
            },
        }
    }
}

/// Whether an annotation has an argument of this name.
fn says(annotation: &str, name: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    let mut argument = String::new();
    let is_it = |argument: &mut String| {
        let written = std::mem::take(argument);
        written
            .split('=')
            .next()
            .is_some_and(|said| said.trim() == name)
    };
    for c in annotation.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                if is_it(&mut argument) {
                    return true;
                }
                continue;
            }
            _ => {}
        }
        argument.push(c);
    }
    is_it(&mut argument)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_told_from_what_only_looks_like_one() {
        let annotation =
            r#"ns = "a, stale = 1", ttl = TTL, tags = [f(jitter = 2, "\", compress = x")], detach"#;
        for (name, said) in [
            ("ns", true),
            ("ttl", true),
            ("tags", true),
            ("detach", true),
            ("stale", false),
            ("jitter", false),
            ("compress", false),
        ] {
            assert_eq!(says(annotation, name), said, "{name}");
        }
        assert!(!says("", "ttl"));
    }
}
