//! A server that takes its time to load what it saved.

use std::io;

use tokio::task::JoinHandle;

use crate::Server;
use crate::wait::until;

/// More keys than the fault can last, at [`DELAY_US`] each.
const KEYS: &str = "20000";
const DELAY_US: &str = "1000";

/// A load that is under way.
#[derive(Debug)]
pub(super) struct Loading(JoinHandle<redis::RedisResult<()>>);

impl Loading {
    /// What the server is to be started with: it answers others while it loads, as it does where it
    /// has much to load.
    pub(super) const ARGUMENTS: [&'static str; 4] = [
        "--enable-debug-command",
        "yes",
        "--loading-process-events-interval-bytes",
        "1024",
    ];

    /// Gives the server so much to load.
    pub(super) async fn fill(server: &Server) -> io::Result<()> {
        let filled = server.run(&["DEBUG", "POPULATE", KEYS, "stranger"]).await;
        filled.map(drop).map_err(io::Error::other)
    }

    /// Has it save and load everything; returns once it answers `LOADING`.
    pub(super) async fn start(server: &Server) -> io::Result<Self> {
        let set = ["CONFIG", "SET", "key-load-delay", DELAY_US];
        server.run(&set).await.map_err(io::Error::other)?;
        let mut own = server.connect().await.map_err(io::Error::other)?;
        let reload = tokio::spawn(async move {
            let mut reload = redis::cmd("DEBUG");
            reload.arg("RELOAD").exec_async(&mut own).await
        });
        until("it loads", || async {
            let refused = server.run(&["GET", "stranger"]).await.err();
            let is_loading = refused.is_some_and(|error| error.code() == Some("LOADING"));
            Ok(is_loading.then_some(()))
        })
        .await?;
        Ok(Self(reload))
    }

    /// Has it hurry, and waits until it is done.
    pub(super) async fn finish(self, server: &Server) -> io::Result<()> {
        let set = ["CONFIG", "SET", "key-load-delay", "0"];
        server.run(&set).await.map_err(io::Error::other)?;
        self.0.await?.map_err(io::Error::other)
    }
}
