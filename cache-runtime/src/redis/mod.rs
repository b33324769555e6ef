//! The Redis tier: a supervised connection to each node, and the few things asked of it.
//!
//! Connections are tracked: a node pushes every change of a key that was read on one, and its
//! driver passes that on before any later reply. While a node is away every operation on its keys
//! fails at once; a task reconnects in the background. Only this module names the redis crate.

mod answers;
mod asks;
mod breaker;
mod connect;
mod distrust;
mod durable;
mod epoch;
mod fault;
mod link;
mod live;
mod opening;
mod operations;
mod phase;
mod reads;
mod rights;
mod run;
mod scripts;
mod sentinel;
mod settings;
mod supervise;
#[cfg(test)]
mod tests;
mod timeouts;
mod topology;
mod window;

pub(crate) use answers::{Claimed, Filled, Found, Leased, Made, Node};
pub(crate) use asks::{FillAsk, LeaseAsk, StampAsk};
pub(crate) use fault::Fault;
pub(crate) use link::{LinkEvent, LinkState, Pushed};
pub(crate) use settings::{LinkSettings, Replicas};
pub(crate) use topology::{Cursor, LinkReport, STORED_WRITES, Topology};
