//! The annotated functions that this process has called.

use super::Cache;
use crate::overrides::SettingInForce;
use crate::site::{SharedWith, all};

/// An annotated function, at one of the types that it is used at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteInfo {
    /// Its path: `shop::users::find`.
    pub function: &'static str,
    /// Its namespace.
    pub namespace: &'static str,
    /// Where its annotation is: `src/users.rs:14:1`.
    pub place: &'static str,
    /// What the parts of its key are called: most often its arguments.
    pub key: &'static [&'static str],
    /// Which processes share what it stores in Redis.
    pub shared_with: SharedWith,
    /// Whether its calls run without the cache, as they can't be told from another function's.
    pub is_refused: bool,
    /// What its calls are stored with in this cache, and where that was said; empty while no call went past memory.
    pub settings: Vec<SettingInForce>,
}

impl Cache {
    /// The annotated functions that were called in this process so far, or whose companions were, in that order; of a
    /// generic one each of its types. One that was not called yet is not known: it is compiled in, and no more.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteInfo> {
        let overrides = &self.tiers().overrides;
        let of_functions = all().into_iter().filter(|site| !site.path.is_empty());
        let sites = of_functions.map(|site| SiteInfo {
            function: &site.path,
            namespace: &site.namespace,
            place: site.place,
            key: site.parts,
            shared_with: site.shared_with(site.policy.get().and_then(|policy| policy.codec)),
            is_refused: site.refused().is_some(),
            settings: site.policy.get().map_or_else(Vec::new, |policy| {
                let policy = overrides.policy(&site.path, &site.namespace, *policy);
                overrides.in_force(&site.path, &site.namespace, &policy)
            }),
        });
        sites.collect()
    }
}
