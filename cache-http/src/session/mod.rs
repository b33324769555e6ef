//! Sessions.

use tower_sessions_core::Session;
use tower_sessions_core::session::Error;

/// The user who is logged in.
///
/// # Errors
///
/// If the session can't be loaded.
pub async fn user(session: &Session) -> Result<Option<String>, Error> {
    session.get("cache.user").await
}

/// Logs a user in.
///
/// # Errors
///
/// If the session can't be loaded or stored.
pub async fn login(session: &Session, user: &str) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert("cache.user", user).await
}
