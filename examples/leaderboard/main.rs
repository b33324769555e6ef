//! A leaderboard: `cargo run --example leaderboard`. Its README says what it shows.
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

mod game;

use std::error::Error;
use std::net::Ipv4Addr;

use cache_runtime::Cache;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    // Reads CACHE_URL and its like; without them everything stays in this process's memory.
    let cache = Cache::from_env()?;
    let port = std::env::var("PORT").map_or(Ok(3_000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, game::routes(&cache)?).await?;
    Ok(())
}
