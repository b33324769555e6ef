//! One thing to invalidate or to expire, and what it reaches.

use cache_runtime::CacheError;
use cache_runtime::admin::{Admin, Selection};
use serde::Serialize;

use crate::arguments::{self, Kind};
use crate::commands::find::find;
use crate::commands::survey::{Survey, survey};
use crate::exit::{Exit, Failure};

/// One thing that a person named.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    /// As a person names it: `tag user:42`.
    pub(super) name: String,
    #[serde(skip)]
    pub(super) target: Target,
    /// What it reaches, where that was counted.
    pub(super) counted: Option<Survey>,
    pub(super) outcome: Outcome,
    /// Why it is not in the log of actions, if it is not.
    pub(super) not_noted: Option<String>,
}

/// What it is to Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Entries(Vec<String>),
    Tag(String),
    Namespace(String),
    Everything,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It was not begun.
    Planned,
    /// There is no such entry.
    Nothing,
    /// Redis has acknowledged it.
    Done,
    /// Redis has not, or not all of it.
    Failed {
        cause: String,
        #[serde(skip)]
        exit: Exit,
    },
}

impl Outcome {
    pub(super) fn failed(error: &CacheError) -> Self {
        let cause = match error {
            CacheError::Unavailable { cause, .. } => cause.clone(),
            other => other.to_string(),
        };
        let Failure { exit, .. } = Failure::from(error.clone());
        Self::Failed { cause, exit }
    }
}

impl Part {
    /// Whether no entry is meant.
    pub(super) fn is_of_nothing(&self) -> bool {
        matches!(&self.target, Target::Entries(names) if names.is_empty())
    }
}

/// What the arguments name, counted where it is found so, or where a person wants to know.
pub(super) async fn parts(admin: &Admin, asked: &arguments::Act) -> Result<Vec<Part>, Failure> {
    let wanted = asked.dry_run || asked.count;
    if asked.kind == Kind::Everything {
        let counted = survey(admin, Selection::Everything).await?;
        return Ok(vec![part(
            "everything".to_owned(),
            Target::Everything,
            Some(counted),
        )]);
    }
    let mut parts = Vec::with_capacity(asked.names.len());
    for name in &asked.names {
        let own = || name.clone();
        parts.push(match asked.kind {
            Kind::Key => {
                let names = find(admin, name, asked.namespace.as_deref()).await?;
                let counted = Survey::of(admin.lines(&names).await?);
                // One that is only being loaded is meant as well.
                part(format!("key {name}"), Target::Entries(names), Some(counted))
            }
            Kind::Pattern => {
                let counted = survey(admin, Selection::Pattern(own())).await?;
                let target = Target::Entries(counted.names.clone());
                part(format!("pattern {name}"), target, Some(counted))
            }
            Kind::Tag => {
                let selection = wanted.then(|| Selection::Tag(own()));
                let counted = counted(admin, selection).await?;
                part(format!("tag {name}"), Target::Tag(own()), counted)
            }
            Kind::Namespace | Kind::Everything => {
                let selection = wanted.then(|| Selection::Namespace(own()));
                let counted = counted(admin, selection).await?;
                part(
                    format!("namespace {name}"),
                    Target::Namespace(own()),
                    counted,
                )
            }
        });
    }
    Ok(parts)
}

async fn counted(admin: &Admin, selection: Option<Selection>) -> Result<Option<Survey>, Failure> {
    match selection {
        Some(selection) => survey(admin, selection).await.map(Some),
        None => Ok(None),
    }
}

fn part(name: String, target: Target, counted: Option<Survey>) -> Part {
    Part {
        name,
        target,
        counted,
        outcome: Outcome::Planned,
        not_noted: None,
    }
}
