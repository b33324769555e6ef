//! How each part of the cache is.

use askama::Template;
use serde::Serialize;

use crate::console::Console;
use crate::status::Status;

/// The same as `/health` has.
#[derive(Serialize, Template)]
#[serde(transparent)]
#[template(path = "health.html")]
pub(super) struct Health {
    status: Status,
}

pub(super) fn look(console: &Console) -> Health {
    let status = Status::of(console.cache());
    Health { status }
}
