//! The Redis tier: a supervised connection to each node, and the few things asked of it.
//!
//! Connections are tracked: a node pushes every change of a key that was read on one, and its
//! driver passes that on before any later reply. While a node is away every operation on its keys
//! fails at once; a task reconnects in the background. Only this module names the redis crate.
//!
//! It has three floors, and each imports only from those below it: [`topology`] knows which connection has
//! a key, a [`link`] is one supervised connection, and [`wire`] is what is said on it, as data.

mod link;
#[cfg(test)]
mod tests;
mod topology;
mod wire;

pub(crate) use link::{LinkEvent, LinkState, Pushed};
pub(crate) use topology::operations::STORED_WRITES;
pub(crate) use topology::scan::Cursor;
pub(crate) use topology::{LinkReport, Topology};
pub(crate) use wire::answers::{Claimed, Filled, Found, Leased, Made, Node};
pub(crate) use wire::asks::{FillAsk, LeaseAsk, StampAsk};
pub(crate) use wire::fault::Fault;
pub(crate) use wire::settings::{LinkSettings, Replicas};
