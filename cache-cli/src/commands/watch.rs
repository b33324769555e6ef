//! `cachectl watch`: what changes, a line each, as Redis tells of it.

use std::io::Write as _;
use std::time::Duration;

use cache_runtime::admin::{Action, Admin, Change, Heard, Of};
use serde::Serialize;

use crate::arguments::{self, Only};
use crate::exit::{Exit, Failure};
use crate::output::text::shortened;
use crate::output::units;

/// What is told, one a line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told {
    Heard(Heard),
    Action { heard: &'static str, action: Action },
}

/// Longer than anybody watches.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

pub(crate) async fn watch(
    admin: &Admin,
    asked: &arguments::Watch,
    json: bool,
) -> Result<Exit, Failure> {
    let mut watch = admin.watch().await?;
    let end = tokio::time::sleep(asked.time.unwrap_or(FOR_EVER).min(FOR_EVER));
    let interrupted = tokio::signal::ctrl_c();
    let (mut end, mut interrupted) = (std::pin::pin!(end), std::pin::pin!(interrupted));
    let mut told = 0;
    loop {
        let heard = tokio::select! {
            heard = watch.next() => heard,
            () = &mut end => return Ok(Exit::Done),
            // Without signals there is only the end by time.
            Ok(()) = &mut interrupted => return Ok(Exit::Done),
        };
        for heard in heard {
            let is_change = matches!(heard, Heard::Changed(_) | Heard::Everything);
            let Some(line) = line(admin, asked, heard).await else {
                continue;
            };
            tell(&line, json)?;
            told += usize::from(is_change);
            if asked.limit.is_some_and(|limit| told >= limit) {
                return Ok(Exit::Done);
            }
        }
    }
}

/// What is told of it, if it is wanted.
async fn line(admin: &Admin, asked: &arguments::Watch, heard: Heard) -> Option<Told> {
    let Heard::Changed(change) = &heard else {
        return Some(Told::Heard(heard));
    };
    if !is_wanted(asked, change) {
        return None;
    }
    if change.of == Of::Log {
        let last = admin.actions(1).await.ok()?.pop()?;
        return Some(Told::Action {
            heard: "action",
            action: last,
        });
    }
    Some(Told::Heard(heard))
}

fn is_wanted(asked: &arguments::Watch, change: &Change) -> bool {
    let only = match change.of {
        Of::Entry => Some(Only::Entry),
        Of::Lease => Some(Only::Lease),
        Of::Tag => Some(Only::Tag),
        Of::Namespace => Some(Only::Namespace),
        Of::Log => Some(Only::Action),
        _ => None,
    };
    let is_of = asked.only.is_empty() || only.is_some_and(|only| asked.only.contains(&only));
    let contains = asked
        .contains
        .as_deref()
        .is_none_or(|text| change.name.contains(text));
    is_of && contains
}

fn tell(told: &Told, json: bool) -> Result<(), Failure> {
    let line = match json {
        true => serde_json::to_string(told).map_err(std::io::Error::from)?,
        false => shortened(&text(told), 1_000),
    };
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}")?;
    // Somebody waits for each line.
    out.flush()?;
    Ok(())
}

fn text(told: &Told) -> String {
    match told {
        Told::Action { action, .. } => format!(
            "{}  {:<9} {:<12} {} by {}",
            units::time(action.at_ms),
            "action",
            action.what,
            action.target,
            action.who
        ),
        Told::Heard(Heard::Changed(change)) => of_change(change),
        Told::Heard(Heard::Everything) => {
            "everything may have changed: the node was flushed, or forgot whom it tells".to_owned()
        }
        Told::Heard(Heard::Connected { node }) => format!("connected to {node}"),
        Told::Heard(Heard::Away { node, cause }) => {
            format!("{node} is away: {cause}; what changes there is not told")
        }
        Told::Heard(Heard::Missed { count }) => {
            format!("{count} changes came too fast to be told")
        }
        // Of a runtime that tells more than this program knows.
        Told::Heard(other) => format!("{other:?}"),
    }
}

fn of_change(change: &Change) -> String {
    let (kind, happened) = match (change.of, change.is_there) {
        (Of::Entry, true) => ("entry", "stored"),
        (Of::Entry, false) => ("entry", "gone"),
        (Of::Lease, true) => ("lease", "load begins"),
        (Of::Lease, false) => ("lease", "load ends"),
        (Of::Tag, true) => ("tag", "in use"),
        (Of::Tag, false) => ("tag", "invalidated"),
        (Of::Namespace, true) => ("namespace", "in use"),
        (Of::Namespace, false) => ("namespace", "invalidated"),
        (Of::Bucket, true) => ("bucket", "in use"),
        (Of::Bucket, false) => ("bucket", "invalidated"),
        (_, true) => ("other", "written"),
        (_, false) => ("other", "gone"),
    };
    let at = change.at_ms.map_or_else(String::new, units::time);
    let kept = change
        .kept_ms
        .map_or_else(String::new, |ms| format!("  (for {})", units::span(ms)));
    format!("{at}  {kind:<9} {happened:<12} {}{kept}", change.name)
}
