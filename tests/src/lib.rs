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
pub mod history;
mod proxy;
mod server;
mod tls;

pub use actor::{Actor, Origin};
pub use proxy::{Network, Proxy};
pub use server::{Server, ServerBuilder, server_binary};
