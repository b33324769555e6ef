//! What the tests stand on: Redis servers they start themselves, and processes of a fleet.

mod actor;
mod server;

pub use actor::{Actor, Origin};
pub use server::{Server, ServerBuilder};
