//! `cachectl invalidate` and `cachectl expire`: what is meant is counted, asked about, done and noted.

mod confirm;
mod note;
mod part;
mod report;

use std::time::Duration;

use cache_runtime::CacheError;
use cache_runtime::admin::Admin;
use serde::Serialize;

use crate::arguments::{self, Kind};
use crate::exit::{Exit, Failure, of_cause};
use crate::output::progress::Progress;
pub(crate) use note::{noted, who};
use part::{Outcome, Part, Target};
pub(crate) use report::Acted;

/// How many entries are named to Redis at once.
const BATCH: usize = 256;

/// How often it is tried where Redis does not answer, and the pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Invalidate,
    Expire,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Expire => "expire",
        }
    }

    fn past(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidated",
            Self::Expire => "expired",
        }
    }
}

pub(crate) async fn act(
    admin: &Admin,
    what: What,
    asked: &arguments::Act,
) -> Result<Acted, Failure> {
    check(what, asked)?;
    let mut acted = Acted {
        what,
        is_dry_run: asked.dry_run,
        parts: part::parts(admin, asked).await?,
    };
    if asked.dry_run {
        return Ok(acted);
    }
    let reaches_unnamed = matches!(asked.kind, Kind::Pattern | Kind::Everything);
    if reaches_unnamed && !asked.yes && acted.parts.iter().any(|part| !part.is_of_nothing()) {
        confirm::confirm(&acted)?;
    }
    for part in &mut acted.parts {
        part.outcome = match part.is_of_nothing() {
            true => Outcome::Nothing,
            false => carried_out(admin, what, &part.target).await,
        };
        if part.outcome != Outcome::Nothing {
            part.not_noted = note::note(admin, what, part).await;
        }
    }
    Ok(acted)
}

/// Whether the names are those of such a kind.
fn check(what: What, asked: &arguments::Act) -> Result<(), Failure> {
    let kind = asked.kind;
    let wrong = match (kind, asked.names.len()) {
        (Kind::Everything, 0) if what == What::Expire => {
            "everything can be invalidated, and not expired: name the namespaces"
        }
        (Kind::Everything, 1..) => "`everything` takes no names",
        (Kind::Key | Kind::Tag | Kind::Namespace | Kind::Pattern, 0) => "name at least one",
        (Kind::Pattern, 2..) => {
            "one pattern at a time; put it in quotes, so that the shell leaves it"
        }
        _ if asked.namespace.is_some() && kind != Kind::Key => "--namespace goes with keys alone",
        _ => return Ok(()),
    };
    Err(Failure::usage(wrong))
}

async fn carried_out(admin: &Admin, what: What, target: &Target) -> Outcome {
    let done = match target {
        Target::Entries(names) => entries(admin, what, names).await,
        other => repeated(async || once(admin, what, other).await).await,
    };
    match done {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::failed(&error),
    }
}

/// Does it to entries, batch by batch; ends at the first batch that fails.
async fn entries(admin: &Admin, what: What, names: &[String]) -> Result<(), CacheError> {
    let progress = Progress::through(what.past(), names.len());
    for (at, batch) in names.chunks(BATCH).enumerate() {
        repeated(async || match what {
            What::Invalidate => admin.invalidate_entries(batch).await,
            What::Expire => admin.expire_entries(batch).await,
        })
        .await?;
        progress.reached(at * BATCH + batch.len());
    }
    Ok(())
}

async fn once(admin: &Admin, what: What, target: &Target) -> Result<(), CacheError> {
    let cache = admin.cache();
    match (what, target) {
        (What::Invalidate, Target::Tag(tag)) => cache.tag(tag).invalidate().await,
        (What::Invalidate, Target::Namespace(name)) => cache.namespace(name).invalidate().await,
        (What::Invalidate, Target::Everything) => cache.invalidate_all().await,
        (What::Expire, Target::Tag(tag)) => cache.tag(tag).expire().await,
        (What::Expire, Target::Namespace(name)) => cache.namespace(name).expire().await,
        // Entries go batch by batch, and expiring everything is refused before anything is done.
        (_, Target::Entries(_)) | (What::Expire, Target::Everything) => Ok(()),
    }
}

/// Tries again where Redis does not answer. It may be done twice: that is as good as once. What is refused stays so.
async fn repeated(mut act: impl AsyncFnMut() -> Result<(), CacheError>) -> Result<(), CacheError> {
    for _ in 1..TRIES {
        match act().await {
            Err(CacheError::Unavailable { cause, .. }) if of_cause(&cause) == Exit::Unreachable => {
            }
            done => return done,
        }
        tokio::time::sleep(PAUSE).await;
    }
    act().await
}
