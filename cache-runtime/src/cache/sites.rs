//! The annotated functions of the program.

use std::collections::BTreeMap;

use super::Cache;
use crate::overrides::{Overrides, SettingInForce};
use crate::site::{Facts, Interned, SharedWith, all, linked};

/// An annotated function: one that was not called yet, or one at a type that it was called at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteInfo {
    /// Its path: `shop::users::find`.
    pub function: String,
    /// Its namespace.
    pub namespace: &'static str,
    /// Where its annotation is: `src/users.rs:14:1`.
    pub place: &'static str,
    /// The annotation's arguments as they are written: `ns = "user", ttl = "5m", tags = ["user:{id}"]`.
    pub annotation: &'static str,
    /// What the parts of its key are called: most often its arguments.
    pub key: &'static [&'static str],
    /// Its tags as they are written: `user:{id}`, or an expression. Those of `tags_from` are known by the value alone.
    pub tags: &'static [&'static str],
    /// What it states of a value's type that can't be seen in full, by `shape = ".."`.
    pub shape: Option<&'static str>,
    /// Whether types are part of its key: it is listed once for each that it was called at, and once while it was not
    /// called at all.
    pub is_generic: bool,
    /// Whether it was called in this process, or its companion was.
    pub was_called: bool,
    /// Which processes share what it stores in Redis. `None` while it was not called, as only a call shows the type
    /// of its values.
    pub shared_with: Option<SharedWith>,
    /// Whether its calls run without the cache, as they can't be told from another function's.
    pub is_refused: bool,
    /// What its calls are stored with in this cache, and where that was said.
    ///
    /// While no call went past memory, an annotation that names constants, as `ttl = TTL`, says no more than
    /// [`annotation`](Self::annotation) has; what a settings file replaces is listed all the same.
    pub settings: Vec<SettingInForce>,
}

impl Cache {
    /// The annotated functions that are linked into the program, called or not, by their paths.
    ///
    /// A generic one that was called is listed for each of its types, in the order of the calls. Functions that a
    /// `#[cfg]` leaves out, or of a crate that nothing uses, are not linked. On a target where nothing runs before
    /// `main`, only those that were called are known.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteInfo> {
        let overrides = &self.tiers().overrides;
        let mut called = Called::all();
        let mut sites = Vec::new();
        for facts in linked() {
            match called.take(&facts) {
                instances if instances.is_empty() => sites.push(not_called(facts, overrides)),
                instances => {
                    let at = |site| called_at(facts.clone(), site, overrides);
                    sites.extend(instances.into_iter().map(at));
                }
            }
        }
        let rest = called.0.into_values().flatten();
        sites.extend(rest.map(|(facts, site)| called_at(facts, site, overrides)));
        sites
    }
}

/// The functions that were called, by their paths, each with its instances in the order of the calls.
struct Called(BTreeMap<String, Vec<(Facts, &'static Interned)>>);

impl Called {
    fn all() -> Self {
        let mut by_path: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for site in all() {
            if let Some(facts) = Facts::of_called(site) {
                let of_path = by_path.entry(facts.path.clone()).or_default();
                of_path.push((facts, site));
            }
        }
        Self(by_path)
    }

    /// Those of one function, which are listed once.
    fn take(&mut self, of: &Facts) -> Vec<&'static Interned> {
        let Some(of_path) = self.0.get_mut(&of.path) else {
            return Vec::new();
        };
        let taken = of_path.extract_if(.., |(facts, _)| facts.are_of(of));
        taken.map(|(_, site)| site).collect()
    }
}

fn not_called(facts: Facts, overrides: &Overrides) -> SiteInfo {
    let is_refused = facts.is_refused();
    let (path, namespace) = (&facts.path, facts.spec.namespace);
    let settings = match facts.spec.policy {
        Some(policy) => overrides.replaced(path, namespace, *policy),
        None => overrides.replacing(path, namespace),
    };
    SiteInfo {
        is_refused,
        settings,
        ..listed(facts)
    }
}

/// `site` is the function at one of its types.
fn called_at(facts: Facts, site: &'static Interned, overrides: &Overrides) -> SiteInfo {
    let policy = site.policy.get().or(facts.spec.policy);
    let settings = match policy {
        Some(policy) => overrides.replaced(&site.path, &site.namespace, *policy),
        None => overrides.replacing(&site.path, &site.namespace),
    };
    SiteInfo {
        was_called: true,
        shared_with: Some(site.shared_with(policy.and_then(|policy| policy.codec))),
        is_refused: site.refused().is_some(),
        settings,
        ..listed(facts)
    }
}

/// What the annotation says.
fn listed(facts: Facts) -> SiteInfo {
    let spec = facts.spec;
    SiteInfo {
        is_generic: facts.is_generic(),
        function: facts.path,
        namespace: spec.namespace,
        place: spec.place(),
        annotation: spec.arguments,
        key: spec.parts,
        tags: spec.tags,
        shape: spec.shape,
        was_called: false,
        shared_with: None,
        is_refused: false,
        settings: Vec::new(),
    }
}
