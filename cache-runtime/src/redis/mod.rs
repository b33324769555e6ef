//! The Redis tier: a supervised connection to each node, and the few things asked of it.
//!
//! Connections are tracked: a node pushes every change of a key that was read on one, and its
//! driver passes that on before any later reply. While a node is away every operation on its keys
//! fails at once; a task reconnects in the background. Only this module names the redis crate.
//!
//! It has four floors, and each imports only from those below it: [`topology`] knows which connection has
//! a key, a [`link`] is one supervised connection, [`wire`] is what is said on it, as data, and [`terms`] what
//! the rest of the cache asks and is told.
//!
//! Without the feature `redis` nothing stands on the lowest floor but [`absent`]: the same names, with
//! nothing behind them. Nowhere else does it matter whether the feature is on.

#[cfg(not(feature = "redis"))]
mod absent;
#[cfg(feature = "redis")]
mod link;
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "words that nobody says or hears")
)]
mod terms;
#[cfg(all(test, feature = "redis"))]
mod tests;
#[cfg(feature = "redis")]
mod topology;
#[cfg(feature = "redis")]
mod wire;

#[cfg(not(feature = "redis"))]
pub(crate) use absent::{Cursor, Holds, LinkSettings, Topology};
#[cfg(feature = "redis")]
pub(crate) use terms::answers::PutBack;
pub(crate) use terms::answers::{
    Claimed, Filled, Found, Leased, Made, Node, Read, STORED_WRITES, Unlinked,
};
#[cfg(feature = "redis")]
pub(crate) use terms::asks::PutBackAsk;
pub(crate) use terms::asks::{FillAsk, Keys, LeaseAsk, PublishAsk, StampAsk};
pub(crate) use terms::fault::Fault;
pub(crate) use terms::news::{LinkEvent, LinkReport, LinkState, Pushed};
#[cfg(feature = "redis")]
pub(crate) use terms::said::Said;
#[cfg(feature = "redis")]
pub(crate) use topology::{Holds, Topology, outside::Master, scan::Cursor, scan::Place};
#[cfg(feature = "redis")]
pub(crate) use wire::{scripts::hash_of as script_hash, settings::LinkSettings};
