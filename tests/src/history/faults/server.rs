//! Faults of any one master, and of strangers there.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rand::RngExt as _;
use redis::Value;
use tokio::time::sleep;

use super::Stage;
use crate::Server;
use crate::wait::until;

/// How much more than it holds a server is allowed while it evicts.
const ROOM: u64 = 64 << 10;

/// Ends every connection but the one that says so.
pub(super) async fn kill_clients(stage: &mut Stage) -> io::Result<()> {
    let kill = ["CLIENT", "KILL", "TYPE", "normal"];
    let at = stage.master().await?;
    let server = stage.topology.server(at);
    // They may all have gone a moment ago.
    while command(server, &kill).await? == Value::Int(0) {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Kills it, and starts it again later with nothing in it.
pub(super) async fn kill(stage: &mut Stage, away: Duration) -> io::Result<()> {
    let at = stage.master().await?;
    let server = stage.topology.server_mut(at);
    forget_snapshot(server).await?;
    server.kill9()?;
    sleep(away).await;
    stage.topology.restart(at).await
}

/// Saves, lets the processes go on, kills it and starts it from what was saved: entries and stamps
/// come back whose invalidation was acknowledged.
pub(super) async fn restart_from_old_snapshot(stage: &mut Stage) -> io::Result<()> {
    let at = stage.master().await?;
    let server = stage.topology.server_mut(at);
    // It may have been emptied a moment ago.
    while command(server, &["DBSIZE"]).await? == Value::Int(0) {
        sleep(Duration::from_millis(10)).await;
    }
    save(server).await?;
    sleep(stage.lag).await;
    server.kill9()?;
    stage.topology.restart(at).await?;
    let saved = command(stage.topology.server(at), &["DBSIZE"]).await?;
    must(saved != Value::Int(0), "nothing came back")
}

/// Stops it in its tracks and lets it go on.
pub(super) async fn stop(stage: &mut Stage, span: Duration) -> io::Result<()> {
    let at = stage.master().await?;
    let server = stage.topology.server(at);
    server.pause()?;
    sleep(span).await;
    server.resume()
}

/// A stranger deletes a third of all keys, leases and stamps too.
pub(super) async fn delete_some(stage: &mut Stage) -> io::Result<()> {
    let at = stage.master().await?;
    let server = stage.topology.server(at);
    let keys = server.keys().await.map_err(io::Error::other)?;
    for key in keys {
        if stage.random.random_ratio(1, 3) {
            command(server, &["DEL", &key]).await?;
        }
    }
    Ok(())
}

/// A stranger deletes everything.
pub(super) async fn flush(stage: &mut Stage) -> io::Result<()> {
    let at = stage.master().await?;
    command(stage.topology.server(at), &["FLUSHALL"]).await?;
    Ok(())
}

/// A stranger fills the memory that is left, so that whatever was not read for long is evicted.
pub(super) async fn evict(stage: &mut Stage) -> io::Result<()> {
    const STRANGERS: u32 = 400;
    let at = stage.master().await?;
    let server = stage.topology.server(at);
    let own = stage.topology.key_at(at).await?;
    let evicted = info(server, "evicted_keys").await?;
    let limit = (info(server, "used_memory").await? + ROOM).to_string();
    configure(server, "maxmemory-policy", "allkeys-lru").await?;
    configure(server, "maxmemory", &limit).await?;
    let filling = "x".repeat(1_024);
    for number in 0..STRANGERS {
        let key = format!("{own}stranger-{number}");
        // It is refused where there is nothing left to evict.
        let _ = command(server, &["SET", &key, &filling, "PX", "2000"]).await;
    }
    sleep(stage.lag).await;
    configure(server, "maxmemory", "0").await?;
    let more = info(server, "evicted_keys").await? > evicted;
    must(more, "nothing was evicted")
}

/// A fault that did not strike says nothing of those that it should have struck.
fn must(struck: bool, otherwise: &str) -> io::Result<()> {
    match struck {
        true => Ok(()),
        false => Err(io::Error::other(otherwise)),
    }
}

async fn info(server: &Server, field: &str) -> io::Result<u64> {
    let Value::BulkString(info) = command(server, &["INFO"]).await? else {
        return Err(io::Error::other("INFO is no text"));
    };
    String::from_utf8_lossy(&info)
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.parse().ok())
        .ok_or_else(|| io::Error::other(format!("INFO names no {field}")))
}

/// Has it save what it has, once it is done with saving for a replica.
async fn save(server: &Server) -> io::Result<()> {
    until("the server has time to save", || async {
        match server.command(&[b"SAVE"]).await {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("already in progress") => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    })
    .await
}

/// What [`restart_from_old_snapshot`] left.
async fn forget_snapshot(server: &Server) -> io::Result<()> {
    let Value::Array(answer) = command(server, &["CONFIG", "GET", "dir"]).await? else {
        return Err(io::Error::other("CONFIG GET is no list"));
    };
    let Some(Value::BulkString(folder)) = answer.get(1) else {
        return Err(io::Error::other("the server names no folder"));
    };
    let folder = PathBuf::from(String::from_utf8_lossy(folder).into_owned());
    match std::fs::remove_file(folder.join("dump.rdb")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn configure(server: &Server, setting: &str, value: &str) -> io::Result<()> {
    command(server, &["CONFIG", "SET", setting, value]).await?;
    Ok(())
}

async fn command(server: &Server, words: &[&str]) -> io::Result<Value> {
    let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
    server.command(&words).await.map_err(io::Error::other)
}
