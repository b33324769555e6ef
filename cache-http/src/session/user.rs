//! Whose session it is.

use serde_json::Value;
use tower_sessions_core::Session;
use tower_sessions_core::session::{Error, Record};

use super::SessionError;
use super::changes::LARGEST;
use super::identity::UserName;
use super::own::{LOGIN, USER, proof};

/// Makes a session this user's, by whatever id names him for good, with a new id, and stores it. Call it
/// when the password was checked, and not before.
///
/// What an anonymous session held before stays in it, as a cart. Of a session that was another user's nothing stays. The
/// old id is of no use any longer.
///
/// # Errors
///
/// If the store can't be asked or refuses, or there is no such id. The session is then nobody's.
///
/// # Cancellation
///
/// If the future is dropped, the session may be ended, and another be there or not.
pub async fn login(session: &Session, user: &str) -> Result<(), Error> {
    // Before the session of now is ended.
    check_name(user).map_err(|error| Error::Store(error.into()))?;
    let before = self::user(session).await?;
    if before.is_some_and(|before| before != user) {
        session.flush().await?;
    } else {
        session.cycle_id().await?;
    }
    session.insert(USER, user).await?;
    session.insert(LOGIN, proof()).await?;
    let saved = session.save().await;
    if saved.is_err() {
        // The layer stores at the end of the request what it finds, and must not log in whom the handler has refused.
        session.clear().await;
    }
    saved
}

fn check_name(user: &str) -> Result<(), SessionError> {
    UserName::new(user)?;
    // The session holds it, as JSON.
    if user.len() > LARGEST / 2 {
        return Err(SessionError::TooLarge { limit: LARGEST });
    }
    Ok(())
}

/// Ends a session, and has the browser forget its cookie. Of a session that nobody is logged in to, or that has ended, it
/// is no error.
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
        Some(_) => Err(SessionError::Reserved),
    }
}
