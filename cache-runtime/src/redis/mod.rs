//! The Redis tier: one supervised connection a node, and the few things asked of it.
//!
//! While Redis is away every operation fails at once; a task reconnects in the background. Only
//! this module names the redis crate.

mod connect;
mod fault;
mod link;
mod live;
mod operations;
mod reads;
mod scripts;
mod settings;
mod supervise;
#[cfg(test)]
mod tests;

pub(crate) use fault::Fault;
pub(crate) use link::{Link, LinkEvent, LinkState};
pub(crate) use operations::{Filled, LeaseAsk, Leased, StampAsk};
pub(crate) use settings::LinkSettings;
