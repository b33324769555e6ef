//! Whose session it is.

use serde_json::Value;
use tower_sessions_core::Session;
use tower_sessions_core::session::{Error, Record};

use super::SessionError;
use super::identity::UserName;

/// The value of a session that is its user.
const USER: &str = "cache.user";

/// Makes a session this user's, by whatever id names him for good, with a new id, and stores it. What it held before stays
/// in it, as a cart; its old id is of no use any longer.
///
/// # Errors
///
/// If the store can't be asked or refuses: an empty id, or the session was this user's and was ended meanwhile.
///
/// # Cancellation
///
/// If the future is dropped, the session may be ended, and another be there or not.
pub async fn login(session: &Session, user: &str) -> Result<(), Error> {
    // Before the session of now is ended.
    UserName::new(user).map_err(|error| Error::Store(error.into()))?;
    session.cycle_id().await?;
    session.insert(USER, user).await?;
    session.save().await
}

/// Ends a session, and has the browser forget its cookie.
///
/// # Errors
///
/// If the store can't be asked: the session is then still there.
pub async fn logout(session: &Session) -> Result<(), Error> {
    session.flush().await
}

/// The user who is logged in.
///
/// # Errors
///
/// If the store can't be asked.
pub async fn user(session: &Session) -> Result<Option<String>, Error> {
    session.get(USER).await
}

/// The user of a record.
pub(super) fn of(record: &Record) -> Result<Option<UserName>, SessionError> {
    match record.data.get(USER) {
        None => Ok(None),
        Some(Value::String(user)) => UserName::new(user).map(Some),
        Some(_) => Err(SessionError::NoUser),
    }
}
