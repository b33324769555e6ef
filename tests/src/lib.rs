//! What the tests stand on: Redis servers they start themselves, and processes of a fleet.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = cache_tests::Server::start().await?;
//! server.command(&[b"SET", b"key", b"value"]).await?;
//! assert_eq!(server.keys().await?, ["key"]);
//! # Ok(())
//! # }
//! ```

mod actor;
mod certificates;
mod cluster;
#[cfg(feature = "fleet")]
pub mod faults;
#[cfg(feature = "fleet")]
pub mod history;
mod proxy;
mod sentinels;
mod server;
mod tls;
mod wait;

pub use actor::{Actor, Origin};
pub use cluster::{Cluster, ClusterBuilder, Migration};
pub use proxy::{Network, Proxy};
pub use sentinels::Sentinels;
pub use server::{Server, ServerBuilder};
