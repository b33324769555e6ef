//! The names of a session's values that are this crate's own, and what tells its writing under them from a program's:
//! whoever may choose what a value is called can't make himself another user by it.

use std::sync::OnceLock;

use serde_json::Value;
use tower_sessions_core::session::{Id, Record};

use super::SessionError;

/// How the names begin.
const PREFIX: &str = "cache.";

/// The user: the one that is stored.
pub(super) const USER: &str = "cache.user";

/// What was loaded.
pub(super) const BASE: &str = "cache.base";

/// There between a login and its store.
pub(super) const LOGIN: &str = "cache.login";

/// What only this process knows, and no store.
pub(super) fn proof() -> &'static str {
    static PROOF: OnceLock<String> = OnceLock::new();
    PROOF.get_or_init(|| Id::default().to_string())
}

pub(super) fn is_proof(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str) == Some(proof())
}

/// Whether a value is stored.
pub(super) fn is_stored(name: &str) -> Result<bool, SessionError> {
    match name {
        USER => Ok(true),
        BASE | LOGIN => Ok(false),
        name if name.starts_with(PREFIX) => Err(SessionError::Reserved),
        _ => Ok(true),
    }
}

/// Whether this record is stored by [`login`](super::login); it is no longer seen in it then.
pub(super) fn take_login(record: &mut Record) -> Result<bool, SessionError> {
    match record.data.remove(LOGIN) {
        None => Ok(false),
        login if is_proof(login.as_ref()) => Ok(true),
        _ => Err(SessionError::Reserved),
    }
}
