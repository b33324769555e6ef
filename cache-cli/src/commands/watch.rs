//! `cachectl watch`: what changes, a line each, as Redis tells of it.

use std::io::Write as _;
use std::time::Duration;

use cache_runtime::admin::{Action, Admin, Change, Heard, Of};
use serde::Serialize;

use crate::arguments::{self, Only};
use crate::exit::{Exit, Failure};
use crate::output::json;
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

/// How many actions are looked at when the log has changed.
const LOOKED_AT: usize = 100;

pub(crate) async fn watch(
    admin: &Admin,
    asked: &arguments::Watch,
    json: bool,
) -> Result<Exit, Failure> {
    let mut watch = admin.watch().await?;
    let mut actions = Actions::begin(admin).await;
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
            for line in lines(&mut actions, asked, heard).await {
                tell(&line, json)?;
                told += usize::from(line.is_of_a_change());
                if asked.limit.is_some_and(|limit| told >= limit) {
                    return Ok(Exit::Done);
                }
            }
        }
    }
}

/// What is told of what was heard, if it is wanted.
async fn lines(actions: &mut Actions<'_>, asked: &arguments::Watch, heard: Heard) -> Vec<Told> {
    match &heard {
        Heard::Changed(change) if !is_wanted(asked, change) => Vec::new(),
        Heard::Changed(change) if change.of == Of::Log => {
            let mut news = actions.news().await;
            news.retain(|told| is_wanted_action(asked, told));
            news
        }
        _ => vec![Told::Heard(heard)],
    }
}

/// The log of actions, of which a push says no more than that it changed.
struct Actions<'a> {
    admin: &'a Admin,
    /// The last that was told, or was there before.
    last: Option<Action>,
}

impl<'a> Actions<'a> {
    async fn begin(admin: &'a Admin) -> Self {
        // Who may not read it is told of none.
        let last = admin.actions(1).await.ok();
        Self {
            admin,
            last: last.and_then(|mut last| last.pop()),
        }
    }

    /// Those that are new, the earliest first.
    async fn news(&mut self) -> Vec<Told> {
        let all = self.admin.actions(LOOKED_AT).await.unwrap_or_default();
        let last = self.last.clone();
        let news = all
            .into_iter()
            .take_while(|action| Some(action) != last.as_ref());
        let mut news: Vec<_> = news.collect();
        news.reverse();
        if let Some(latest) = news.last() {
            self.last = Some(latest.clone());
        }
        let told = |action| Told::Action {
            heard: "action",
            action,
        };
        news.into_iter().map(told).collect()
    }
}

impl Told {
    fn is_of_a_change(&self) -> bool {
        !matches!(
            self,
            Self::Heard(Heard::Connected { .. } | Heard::Away { .. } | Heard::Missed { .. })
        )
    }
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
        .is_none_or(|text| change.of == Of::Log || change.name.contains(text));
    is_of && contains
}

/// Whether an action is of a name that is watched for; a push says no more than that the log has changed.
fn is_wanted_action(asked: &arguments::Watch, told: &Told) -> bool {
    match (told, asked.contains.as_deref()) {
        (Told::Action { action, .. }, Some(text)) => action.target.contains(text),
        _ => true,
    }
}

fn tell(told: &Told, json: bool) -> Result<(), Failure> {
    let line = match json {
        true => json::text(told)?,
        false => shortened(&text(told), 1_000),
    };
    let mut out = std::io::stdout().lock();
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
        (Of::Tag, true) => ("tag", "stamp made"),
        (Of::Tag, false) => ("tag", "stamp gone"),
        (Of::Namespace, true) => ("namespace", "stamp made"),
        (Of::Namespace, false) => ("namespace", "stamp gone"),
        (Of::Bucket, true) => ("bucket", "stamp made"),
        (Of::Bucket, false) => ("bucket", "stamp gone"),
        (_, true) => ("other", "written"),
        (_, false) => ("other", "gone"),
    };
    let at = change.at_ms.map_or_else(String::new, units::time);
    let kept = change
        .kept_ms
        .map_or_else(String::new, |ms| format!("  (for {})", units::span(ms)));
    format!("{at}  {kind:<9} {happened:<12} {}{kept}", change.name)
}
