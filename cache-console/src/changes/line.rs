//! One change, as a page shows it.

use cache_runtime::admin::{Action, Admin, Change, Heard, Of};
use serde::{Deserialize, Serialize};

use crate::shown::{Clock, Name, Time, cut};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) at: Clock,
    pub(crate) kind: Kind,
    pub(crate) what: &'static str,
    pub(crate) name: Name,
    /// The entry, where the line is of one and its name is short enough for a link.
    pub(crate) entry: Option<Name>,
    pub(crate) namespace: Option<Name>,
    /// For how long Redis keeps it.
    pub(crate) kept: Option<Time>,
}

/// What it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Entry,
    Lease,
    Tag,
    Namespace,
    /// Something that a person did.
    Action,
    /// A connection, or all keys of a node.
    Node,
    Other,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Entry,
        Self::Lease,
        Self::Tag,
        Self::Namespace,
        Self::Action,
        Self::Node,
        Self::Other,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Lease => "lease",
            Self::Tag => "tag",
            Self::Namespace => "namespace",
            Self::Action => "action",
            Self::Node => "node",
            Self::Other => "other",
        }
    }

    /// That of this word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Line {
    pub(super) fn of(admin: &Admin, heard: &Heard) -> Self {
        let node = |what, node: &str| Self::plain(Kind::Node, what, node);
        match heard {
            Heard::Changed(change) => Self::of_change(admin, change),
            Heard::Everything => node("everything may have changed: flushed, or forgotten", ""),
            Heard::Connected { node: name } => node("connected", name),
            Heard::Away { node: name, cause } => Self {
                what: "away; what changes there is not told",
                ..node("", &format!("{name}: {cause}"))
            },
            Heard::Missed { count } => Self {
                what: "left out: they came too fast",
                ..node("", &format!("{count} changes"))
            },
            // Of a runtime that tells more than this page knows.
            _ => node("changed", ""),
        }
    }

    pub(super) fn of_action(action: &Action) -> Self {
        let name = format!("{} {} by {}", action.what, action.target, action.who);
        Self {
            at: Clock(Some(action.at_ms)),
            ..Self::plain(Kind::Action, "done by hand", &name)
        }
    }

    fn of_change(admin: &Admin, change: &Change) -> Self {
        let (kind, what) = match (change.of, change.is_there) {
            (Of::Entry, true) => (Kind::Entry, "stored"),
            (Of::Entry, false) => (Kind::Entry, "gone"),
            (Of::Lease, true) => (Kind::Lease, "load begins"),
            (Of::Lease, false) => (Kind::Lease, "load ends"),
            (Of::Tag, true) => (Kind::Tag, "stamp made"),
            (Of::Tag, false) => (Kind::Tag, "stamp gone: invalidated, or its time is over"),
            (Of::Namespace, true) => (Kind::Namespace, "stamp made"),
            (Of::Namespace, false) => (
                Kind::Namespace,
                "stamp gone: invalidated, or its time is over",
            ),
            (_, true) => (Kind::Other, "written"),
            (_, false) => (Kind::Other, "gone"),
        };
        let name = change.name.as_str();
        let is_of_an_entry = matches!(kind, Kind::Entry | Kind::Lease);
        let namespace = match kind {
            Kind::Namespace => Some(name),
            _ if is_of_an_entry => admin.parts(name).map(|(namespace, _)| namespace),
            _ => None,
        };
        let short = cut(name);
        Self {
            at: Clock(change.at_ms),
            entry: (is_of_an_entry && short.len() == name.len()).then(|| short.into()),
            namespace: namespace.map(|namespace| cut(namespace).into()),
            kept: change
                .kept_ms
                .map(|ms| std::time::Duration::from_millis(ms).into()),
            ..Self::plain(kind, what, name)
        }
    }

    /// A name is remembered as far as it is shown, and a link can be made of it.
    fn plain(kind: Kind, what: &'static str, name: &str) -> Self {
        Self {
            number: 0,
            at: Clock(None),
            kind,
            what,
            name: cut(name).into(),
            entry: None,
            namespace: None,
            kept: None,
        }
    }
}
