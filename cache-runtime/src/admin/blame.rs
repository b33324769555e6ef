//! Who invalidated or expired an entry by hand, by the log of actions.

use super::explanation::{Explanation, StampKind, StampState, Verdict};
use super::{Action, Admin};

/// How long ago an action may be that is told of an entry that is not there.
const RECENT_MS: u64 = 10 * 60_000;

/// How many of the last actions are looked at.
const LOOKED_AT: usize = 1_000;

impl Admin {
    /// Who invalidated or expired an entry by hand, or what it rests on, if the log of actions has it: what was done in a
    /// program is not there. `None` too for who may not read the log.
    pub async fn done_by(&self, told: &Explanation) -> Option<Action> {
        let targets = blamed(told);
        if targets.is_empty() {
            return None;
        }
        let since_ms = match (&told.header, told.node_ms) {
            (Some(header), _) => header.born_ms,
            // It may have been loaded since, and have ended by itself: only what was done just now is told.
            (None, Some(now)) => now.saturating_sub(RECENT_MS),
            (None, None) => return None,
        };
        let actions = self.actions(LOOKED_AT).await.ok()?;
        let is_it = |action: &Action| {
            let is_of_it = targets.contains(&action.target) && may_do(action, &told.verdict);
            action.at_ms >= since_ms && is_of_it
        };
        actions.into_iter().find(is_it)
    }
}

/// Whether an action came to something, and to what is seen: an entry is past its time by either, and all else is so by an
/// invalidation.
fn may_do(action: &Action, verdict: &Verdict) -> bool {
    let is_meant = match action.what.as_str() {
        "invalidate" => true,
        "expire" => matches!(verdict, Verdict::Stale { .. } | Verdict::Expired { .. }),
        _ => false,
    };
    is_meant && action.outcome == "done"
}

/// What the log of actions may have in the place of the target, if somebody did it by hand.
fn blamed(told: &Explanation) -> Vec<String> {
    let stamp = |kind, name: &str| match kind {
        StampKind::Tag => vec![format!("tag {name}"), "everything".to_owned()],
        StampKind::Namespace => vec![format!("namespace {name}"), "everything".to_owned()],
        StampKind::Node => Vec::new(),
    };
    let own = || {
        let names = [Some(&told.name), told.key.as_ref()];
        let names = names.into_iter().flatten();
        names.map(|name| format!("key {name}")).collect()
    };
    match &told.verdict {
        Verdict::TagInvalidated { tag } => stamp(StampKind::Tag, tag),
        Verdict::NamespaceCleared { namespace } => stamp(StampKind::Namespace, namespace),
        Verdict::StampEvicted { kind, name } => stamp(*kind, name),
        Verdict::Stale { by_hand: true, .. } | Verdict::Expired { by_hand: true } => {
            let expired = told
                .stamps
                .iter()
                .filter(|seen| seen.state == StampState::Expired);
            expired
                .flat_map(|seen| stamp(seen.kind, &seen.name))
                .collect()
        }
        Verdict::NeverStored
        | Verdict::Loading
        | Verdict::Stale { .. }
        | Verdict::Expired { .. } => own(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_blamed_for_what_failed_or_did_something_else() {
        let may = |what: &str, outcome: &str, verdict: &Verdict| {
            let action = Action {
                what: what.to_owned(),
                outcome: outcome.to_owned(),
                ..Action::default()
            };
            may_do(&action, verdict)
        };
        let tag = "user:42".to_owned();
        let invalidated = Verdict::TagInvalidated { tag };
        let expired = Verdict::Expired { by_hand: true };
        assert!(may("invalidate", "done", &invalidated));
        assert!(!may("expire", "done", &invalidated));
        assert!(may("expire", "done", &expired) && may("invalidate", "done", &expired));
        assert!(!may("warm", "done", &expired));
        assert!(!may("invalidate", "timeout", &invalidated));
        assert!(!may("expire", "", &expired));
    }
}
