//! `cachectl explain`: what an entry is, what it rests on, and what the next read finds.

use cache_runtime::admin::{
    Action, EntryHeader, Expected, Explanation, LeaseKind, StampKind, StampSeen, StampState,
    Verdict,
};
use serde::Serialize;

use super::find::find;
use crate::arguments::{self, Place};
use crate::connection;
use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, Tone, units};

/// Every entry that the key stands for.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    key: String,
    /// Of all: that of the entry, or that there is none.
    verdict: Verdict,
    entries: Vec<Told>,
}

#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    explanation: Explanation,
    /// Whether the same key has entries of other functions, builds or types, of which a reader finds its own alone.
    has_siblings: bool,
    reason: String,
    next_step: String,
    /// Who did it by hand, if that is in the log of actions.
    by: Option<Action>,
}

pub(crate) async fn explain(
    place: &Place,
    asked: &arguments::Explain,
) -> Result<Explained, Failure> {
    let (admin, patience) = connection::admin(place)?;
    let which = &asked.which;
    let connected = admin.cache().connect_within(patience).await;
    // A name says which entry is meant, also while its node is away.
    if admin.parts(&which.key).is_none() {
        connected?;
    }
    let names = find(&admin, &which.key, which.namespace.as_deref()).await?;
    let expected = Expected {
        shape: asked.shape,
        stale: asked.stale,
    };
    let mut entries = Vec::with_capacity(names.len());
    for name in &names {
        let explanation = admin.explain(name, &expected).await?;
        let by = admin.done_by(&explanation).await;
        entries.push(Told {
            by,
            reason: explanation.reason(),
            next_step: explanation.next_step(names.len() > 1),
            has_siblings: names.len() > 1,
            explanation,
        });
    }
    let first = entries.iter().map(|told| &told.explanation.verdict);
    let worst = first.clone().find(|verdict| !verdict.is_hit());
    let verdict = worst.or_else(|| first.clone().next()).cloned();
    Ok(Explained {
        key: which.key.clone(),
        verdict: verdict.unwrap_or(Verdict::NeverStored),
        entries,
    })
}

impl Report for Explained {
    fn tell(&self, page: &mut Page) {
        if self.entries.is_empty() {
            page.verdict(
                Tone::Bad,
                "miss",
                &format!("nothing is stored under the readable key {}", self.key),
            );
            page.detail(
                "It never was, was invalidated or evicted, or its time is over; or its function has no `key = \"..\"`, \
                 and its names in Redis are hashes: `cachectl scan --namespace` lists them.",
            );
        }
        for (at, told) in self.entries.iter().enumerate() {
            if at > 0 {
                page.gap();
            }
            told.tell(page);
        }
    }

    fn exit(&self) -> Exit {
        match &self.verdict {
            Verdict::NodeAway { .. } => Exit::Unreachable,
            verdict if verdict.is_hit() => Exit::Done,
            _ => Exit::Negative,
        }
    }
}

impl Told {
    fn tell(&self, page: &mut Page) {
        let told = &self.explanation;
        let (tone, word) = match &told.verdict {
            Verdict::Fresh { .. } => (Tone::Good, "hit"),
            Verdict::Stale { .. } => (Tone::Doubtful, "stale"),
            Verdict::NodeAway { .. } => (Tone::Bad, "away"),
            _ => (Tone::Bad, "miss"),
        };
        page.verdict(tone, word, &self.reason);
        page.detail(&self.next_step);
        if let Some(action) = &self.by {
            page.detail(&format!(
                "{} did it, {} ({} {}).",
                action.who,
                units::time(action.at_ms),
                action.what,
                action.target
            ));
        }
        page.pair("entry", &told.name);
        page.pair("namespace", &told.namespace);
        if let Some(key) = &told.key {
            page.pair("key", key);
        }
        if let Some(header) = &told.header {
            tell_header(page, told, header);
        }
        if let Some(lease) = &told.lease {
            let left = lease.left_ms.map_or_else(String::new, |ms| {
                format!(", for another {} unless it is renewed", units::span(ms))
            });
            page.pair("lease", &format!("{}{left}", lease_text(lease.kind)));
        }
        if let (Some(ms), Some(run)) = (told.node_ms, &told.run) {
            page.pair(
                "node",
                &format!("its clock says {}, its run is {run}", units::time(ms)),
            );
        }
        if !told.stamps.is_empty() {
            page.table(
                &["  rests on", "name", "its stamp"],
                told.stamps.iter().map(stamp_row),
            );
        }
    }
}

fn tell_header(page: &mut Page, told: &Explanation, header: &EntryHeader) {
    let age = |at: u64| match told.node_ms {
        Some(now) if now >= at => format!("{} ago", units::span(now - at)),
        Some(now) => format!("in {}", units::span(at - now)),
        None => String::new(),
    };
    page.pair("loaded on", &told.loaded_on().unwrap_or_default());
    page.pair(
        "made by",
        &format!(
            "{} {}, stored {}, {}; it took {}",
            header.made_by(),
            header.id,
            units::time(header.born_ms),
            age(header.born_ms),
            units::span_us(header.load_us)
        ),
    );
    let until = |at: u64| format!("{} ({})", units::time(at), age(at));
    page.pair("fresh until", &until(header.fresh_until_ms));
    if header.stale_until_ms > header.fresh_until_ms {
        page.pair("stale until", &until(header.stale_until_ms));
    }
    let kept = told.kept_ms.map_or_else(String::new, |ms| {
        format!(", kept by Redis for another {}", units::span(ms))
    });
    let encrypted = if header.is_encrypted {
        ", encrypted"
    } else {
        ""
    };
    page.pair(
        "size",
        &format!(
            "{} in Redis as {}, compressed with {}{encrypted}{kept}",
            units::bytes(told.bytes.unwrap_or_default() as u64),
            header.codec,
            header.compression
        ),
    );
    page.pair("type", &format!("shape {}", header.shape));
}

fn stamp_row(seen: &StampSeen) -> Vec<String> {
    let kind = match seen.kind {
        StampKind::Tag => "tag",
        StampKind::Namespace => "namespace",
        StampKind::Node => "node",
    };
    let state = match seen.state {
        StampState::Holds => "holds",
        StampState::Expired => "expired by hand: what carries it is stale",
        StampState::Another => "another is there: what carries it is invalid",
        StampState::Gone => "gone: what carries it is invalid",
        StampState::OtherRun => "of another run of the node: what carries it is invalid",
    };
    vec![format!("  {kind}"), seen.name.clone(), state.to_owned()]
}

fn lease_text(kind: LeaseKind) -> &'static str {
    match kind {
        LeaseKind::Load => "a process loads it now",
        LeaseKind::Put => "a process puts it now",
        LeaseKind::NotStored => "what was loaded last is not stored; others load at once",
        LeaseKind::OtherRun => "of an earlier run of the node, and nobody's",
    }
}
