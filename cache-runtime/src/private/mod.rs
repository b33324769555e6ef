//! What generated code calls. Not public: it changes with the macros, which come from the same
//! release.

mod batch;
pub mod compression;
pub mod encryption;
mod invalidation;
mod lifetime;
mod loads;
mod name;
mod phases;
mod put;
mod tags;

pub use crate::events::Tier;
pub use crate::key::KeyWriter;
pub use crate::likeness::{Compare, NotEqual, NotShown};
pub use crate::load::{Call, Replaced};
pub use crate::policy::{
    Codec, Consistency, Lease, OnOutage, Policy, Priority, Refresh, Ttl, shared as shared_policy,
};
pub use crate::returns::{
    ErrorShare, Fallible, KeptWhole, NotResult, NotShared, Plain, Probe, Reads, Returns, TellsOk,
};
pub use crate::site::{At, Linked, Site, Spec};
pub use crate::tag::Tag;
pub use batch::{
    Again, Asked, Batch, Common, Divides, Holds, Id, Ids, ItemOf, Many, OfNothing, again, batch,
    hit, missed, of_found, shared_entry,
};
pub use invalidation::Invalidation;
pub use inventory;
pub use lifetime::{Absent, Lifetime, is_none, kept, lifetime};
pub use loads::{
    Remembered, Taken, TimesOut, detachable, detached, droppable, load, load_valid, remembered,
    replaced, taken, timed_out, validity,
};
pub use name::Name;
pub use phases::{
    Lookup, NamesCache, TakenApart, also, beside, budget, entry, keeps, keeps_all, lookup,
    lookup_valid, named_cache, part, reload, shows_text, taken_apart, tells_ok, unread,
};
pub use put::{HeldAs, IsEntry, Put, Unheld, entry_of};
pub use tags::{IntoTag, TagPart, tag, tag_part, tags_of};
