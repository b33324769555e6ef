//! The value that most suites cache: a row of a table.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "peers", derive(hitbox_fn::CacheableResponse))]
pub(crate) struct User {
    id: u64,
    name: String,
    mail: String,
    city: String,
    age: u32,
    score: f64,
    admin: bool,
    seen: Option<u64>,
}

pub(crate) fn user(id: u64) -> User {
    User {
        id,
        name: format!("user {id}"),
        mail: format!("user.{id}@example.org"),
        city: "Lisbon".to_owned(),
        age: 40,
        score: 0.5,
        admin: false,
        seen: Some(id),
    }
}

pub(crate) fn shared_user(id: u64) -> Arc<User> {
    Arc::new(user(id))
}
