//! The Redis tier: one supervised connection a node, and the few things asked of it.
//!
//! The connection is tracked: the node pushes every change of a key that was read on it, and its
//! driver passes that on before any later reply. While Redis is away every operation fails at once; a task reconnects in the background. Only
//! this module names the redis crate.

mod asks;
mod connect;
mod durable;
mod fault;
mod link;
mod live;
mod operations;
mod reads;
mod rights;
mod scripts;
mod sentinel;
mod settings;
mod supervise;
#[cfg(test)]
mod tests;

pub(crate) use asks::{Filled, LeaseAsk, Leased, Made, StampAsk};
pub(crate) use fault::Fault;
pub(crate) use link::{Link, LinkEvent, LinkState, Pushed};
pub(crate) use operations::STORED_WRITES;
pub(crate) use settings::{LinkSettings, Replicas};
