//! What generated code calls. Not public: it changes with the macros, which come from the same
//! release.

mod invalidation;
mod loads;
mod name;
mod phases;
mod tags;

pub use crate::key::KeyWriter;
pub use crate::policy::{Compression, Consistency, Lease, OnOutage, Policy, Refresh, Ttl};
pub use crate::returns::{ErrorShare, Fallible, NotResult, NotShared, Plain, Probe, Returns};
pub use crate::site::{At, Origin, Role, Site, Spec};
pub use crate::tag::Tag;
pub use invalidation::Invalidation;
pub use loads::{TimesOut, load, load_boxed, load_in_background, timed_out};
pub use name::Name;
pub use phases::{Call, Lookup, also, beside, budget, entry, lookup, part, shows_text};
pub use tags::tags_of;
