//! Noting who did what, where everybody can read it.

use cache_runtime::CacheError;
use cache_runtime::admin::{Action, Admin};

use super::What;
use super::part::{Outcome, Part};

/// Notes a part that was tried; why not, if that is not to be had.
pub(super) async fn note(admin: &Admin, what: What, part: &Part) -> Option<String> {
    let action = Action {
        what: what.word().to_owned(),
        target: part.name.clone(),
        count: part.counted.as_ref().map(|counted| counted.entries),
        outcome: match &part.outcome {
            Outcome::Failed { cause, .. } => cause.clone(),
            Outcome::Planned | Outcome::Nothing | Outcome::Done => "done".to_owned(),
        },
        ..Action::default()
    };
    noted(admin, action).await
}

/// Notes what the user of this machine did; why not, if that is not to be had.
pub(crate) async fn noted(admin: &Admin, mut action: Action) -> Option<String> {
    action.who = who();
    match admin.note(&action).await {
        Ok(()) => None,
        Err(CacheError::Unavailable { cause, .. }) => Some(cause),
        Err(other) => Some(other.to_string()),
    }
}

/// The user and the machine.
pub(crate) fn who() -> String {
    let names = ["USER", "LOGNAME"].into_iter();
    let mut named = names.filter_map(|name| std::env::var(name).ok());
    let user = named.find(|name| !name.is_empty());
    let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let machine = rustix::system::uname();
    format!("{user}@{}", machine.nodename().to_string_lossy())
}
