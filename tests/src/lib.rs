//! What the tests stand on: Redis servers they start themselves, and processes of a fleet.

mod actor;
mod certificates;
mod proxy;
mod server;
mod tls;

pub use actor::{Actor, Origin};
pub use proxy::{Network, Proxy};
pub use server::{Server, ServerBuilder};
