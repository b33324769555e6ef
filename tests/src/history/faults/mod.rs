//! What strikes while the processes work; each fault is over when it returns.

mod fault;
mod masters;
mod network;
mod processes;
mod sentinels;
mod server;
mod slots;
mod stage;

pub(super) use fault::Fault;
pub(super) use stage::{Stage, Strike, strike};
