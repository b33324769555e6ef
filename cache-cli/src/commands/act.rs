//! `cachectl invalidate` and `cachectl expire`: what is meant is counted, asked about, done and noted.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use cache_runtime::CacheError;
use cache_runtime::admin::{Action, Admin, Selection};
use serde::Serialize;

use super::find::find;
use super::survey::{Survey, survey};
use crate::arguments::{self, Kind};
use crate::exit::{Exit, Failure, of_cause};
use crate::output::progress::Progress;
use crate::output::text::shortened;
use crate::output::{Page, Report, Tone};

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

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Acted {
    what: What,
    /// As a person names them: `tag user:42`.
    targets: Vec<String>,
    is_dry_run: bool,
    /// What it reaches, where that was counted.
    counted: Option<Survey>,
    failed: Vec<Failed>,
    /// Why it is not in the log of actions, if it is not.
    not_noted: Option<String>,
}

/// A part that was not done.
#[derive(Debug, Serialize)]
struct Failed {
    target: String,
    cause: String,
    #[serde(skip)]
    exit: Exit,
}

/// One thing to do.
#[derive(Clone, Debug)]
enum Target {
    Entries(Vec<String>),
    Tag(String),
    Namespace(String),
    Everything,
}

pub(crate) async fn act(
    admin: &Admin,
    what: What,
    asked: &arguments::Act,
) -> Result<Acted, Failure> {
    check(what, asked)?;
    let counted = count(admin, asked).await?;
    let mut acted = Acted {
        what,
        targets: named(asked),
        is_dry_run: asked.dry_run,
        counted,
        failed: Vec::new(),
        not_noted: None,
    };
    if asked.dry_run || acted.is_of_nothing(asked.kind) {
        return Ok(acted);
    }
    if matches!(asked.kind, Kind::Pattern | Kind::Everything) && !asked.yes {
        confirm(&acted)?;
    }
    for (target, name) in targets(asked, acted.counted.as_ref()) {
        if let Err(error) = carry_out(admin, what, &target).await {
            let Failure { exit, .. } = Failure::from(error.clone());
            let cause = cause(&error);
            acted.failed.push(Failed {
                target: name,
                cause,
                exit,
            });
        }
    }
    acted.not_noted = note(admin, &acted).await;
    Ok(acted)
}

/// Whether the names are those of such a kind.
fn check(what: What, asked: &arguments::Act) -> Result<(), Failure> {
    let kind = asked.kind;
    let wrong = match (kind, asked.names.len()) {
        (Kind::Everything, 0) if what == What::Expire => {
            "everything can be invalidated, and not expired: name the namespaces"
        }
        (Kind::Everything, 0) => return Ok(()),
        (Kind::Everything, _) => "`everything` takes no names",
        (_, 0) => "name at least one",
        (Kind::Pattern, 2..) => "one pattern at a time; put it in quotes, so that the shell leaves it",
        _ if asked.namespace.is_some() && kind != Kind::Key => {
            "--namespace goes with keys alone"
        }
        _ => return Ok(()),
    };
    Err(Failure::usage(wrong))
}

/// What it reaches: counted for keys and patterns, which are found so, and else where a person wants to know.
async fn count(admin: &Admin, asked: &arguments::Act) -> Result<Option<Survey>, Failure> {
    let wanted = asked.dry_run || asked.count;
    let mut all = Survey::default();
    match asked.kind {
        Kind::Key => {
            for key in &asked.names {
                let names = find(admin, key, asked.namespace.as_deref()).await?;
                let lines = admin.lines(&names).await?;
                let mut found = Survey::of(lines);
                // One that is only being loaded is to be invalidated as well.
                found.names = names;
                all.add(found);
            }
        }
        Kind::Pattern => {
            for pattern in &asked.names {
                all.add(survey(admin, Selection::Pattern(pattern.clone())).await?);
            }
        }
        Kind::Tag if wanted => {
            for tag in &asked.names {
                all.add(survey(admin, Selection::Tag(tag.clone())).await?);
            }
        }
        Kind::Namespace if wanted => {
            for namespace in &asked.names {
                all.add(survey(admin, Selection::Namespace(namespace.clone())).await?);
            }
        }
        Kind::Everything => all = survey(admin, Selection::Everything).await?,
        Kind::Tag | Kind::Namespace => return Ok(None),
    }
    Ok(Some(all))
}

fn named(asked: &arguments::Act) -> Vec<String> {
    let word = match asked.kind {
        Kind::Key => "key",
        Kind::Tag => "tag",
        Kind::Namespace => "namespace",
        Kind::Pattern => "pattern",
        Kind::Everything => return vec!["everything".to_owned()],
    };
    let names = asked.names.iter();
    names.map(|name| format!("{word} {name}")).collect()
}

/// What is to be done, each with what a person calls it.
fn targets(asked: &arguments::Act, counted: Option<&Survey>) -> Vec<(Target, String)> {
    let names = asked.names.iter().cloned();
    match asked.kind {
        Kind::Tag => names.map(|tag| (Target::Tag(tag.clone()), format!("tag {tag}"))).collect(),
        Kind::Namespace => names
            .map(|name| (Target::Namespace(name.clone()), format!("namespace {name}")))
            .collect(),
        Kind::Everything => vec![(Target::Everything, "everything".to_owned())],
        Kind::Key | Kind::Pattern => {
            let entries = counted.map_or_else(Vec::new, |counted| counted.names.clone());
            let batches = entries.chunks(BATCH);
            let target = |batch: &[String]| {
                let name = format!("{} and {} more", batch[0], batch.len() - 1);
                (Target::Entries(batch.to_vec()), name)
            };
            batches.map(target).collect()
        }
    }
}

/// Asks a person whether that is what is wanted.
fn confirm(acted: &Acted) -> Result<(), Failure> {
    let counted = acted.counted.as_ref().map_or_else(String::new, Survey::told);
    let what = shortened(&acted.targets.join(", "), 200);
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{} {what} reaches {counted}: say --yes, as nobody is here to be asked",
            acted.what.word()
        )));
    }
    let mut err = anstream::stderr();
    write!(err, "{} {what}: {counted}. Go on? [y/N] ", acted.what.word())?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure {
            exit: Exit::Negative,
            text: "nothing was done".to_owned(),
        }),
    }
}

async fn carry_out(admin: &Admin, what: What, target: &Target) -> Result<(), CacheError> {
    let _progress = Progress::of(what.past());
    let mut tries = 1;
    loop {
        let done = once(admin, what, target).await;
        // It may be done twice: an invalidation is as good as one. What is refused stays so.
        match &done {
            Err(CacheError::Unavailable { cause, .. })
                if tries < TRIES && of_cause(cause) == Exit::Unreachable =>
            {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            _ => return done,
        }
    }
}

async fn once(admin: &Admin, what: What, target: &Target) -> Result<(), CacheError> {
    let cache = admin.cache();
    match (what, target) {
        (What::Invalidate, Target::Entries(names)) => admin.invalidate_entries(names).await,
        (What::Invalidate, Target::Tag(tag)) => cache.tag(tag).invalidate().await,
        (What::Invalidate, Target::Namespace(name)) => cache.namespace(name).invalidate().await,
        (What::Invalidate, Target::Everything) => cache.invalidate_all().await,
        (What::Expire, Target::Entries(names)) => admin.expire_entries(names).await,
        (What::Expire, Target::Tag(tag)) => cache.tag(tag).expire().await,
        (What::Expire, Target::Namespace(name)) => cache.namespace(name).expire().await,
        // Refused before anything was done.
        (What::Expire, Target::Everything) => Ok(()),
    }
}

fn cause(error: &CacheError) -> String {
    match error {
        CacheError::Unavailable { cause, .. } => cause.clone(),
        other => other.to_string(),
    }
}

/// Notes it where everybody can read it; why not, if that is not to be had.
async fn note(admin: &Admin, acted: &Acted) -> Option<String> {
    let action = Action {
        who: who(),
        what: acted.what.word().to_owned(),
        target: acted.targets.join(", "),
        count: acted.counted.as_ref().map(|counted| counted.entries),
        outcome: match acted.failed.as_slice() {
            [] => "done".to_owned(),
            [first, ..] => format!("{} failed: {}", acted.failed.len(), first.cause),
        },
        ..Action::default()
    };
    let noted = admin.note(&action).await;
    noted.err().map(|error| cause(&error))
}

/// The user and the machine.
fn who() -> String {
    let named = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = named.filter(|name| !name.is_empty());
    let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let machine = rustix::system::uname();
    format!("{user}@{}", machine.nodename().to_string_lossy())
}

impl Acted {
    /// Whether there is nothing to do.
    fn is_of_nothing(&self, kind: Kind) -> bool {
        let is_found = |counted: &Survey| !counted.names.is_empty();
        matches!(kind, Kind::Key | Kind::Pattern) && !self.counted.as_ref().is_some_and(is_found)
    }
}

impl Report for Acted {
    fn tell(&self, page: &mut Page) {
        let what = self.targets.join(", ");
        let reached = self.counted.as_ref().map(Survey::told);
        let reached = reached.map_or_else(String::new, |told| format!(": {told}"));
        if self.is_dry_run {
            page.verdict(Tone::Plain, "dry run", &format!("{} {what}{reached}", self.what.word()));
            return;
        }
        if self.counted.as_ref().is_some_and(|counted| counted.names.is_empty())
            && self.exit() == Exit::Negative
        {
            page.verdict(Tone::Doubtful, "nothing", &format!("{what}: no such entry is stored"));
            return;
        }
        for failed in &self.failed {
            page.verdict(Tone::Bad, "failed", &format!("{}: {}", failed.target, failed.cause));
        }
        if self.failed.is_empty() {
            page.verdict(Tone::Good, self.what.past(), &format!("{what}{reached}"));
        }
        if let Some(cause) = &self.not_noted {
            page.detail(&format!(
                "It is not in the log of actions: {cause}. Grant the user `+xadd`, so that others see who did it."
            ));
        }
    }

    fn exit(&self) -> Exit {
        let is_empty = |counted: &Survey| counted.entries == 0 && counted.names.is_empty();
        let found_nothing = self.counted.as_ref().is_some_and(is_empty);
        let is_by_name = |target: &String| target.starts_with("key ") || target.starts_with("pattern ");
        if self.failed.is_empty() {
            return match () {
                () if found_nothing && (self.is_dry_run || self.targets.iter().all(is_by_name)) => {
                    Exit::Negative
                }
                () if self.not_noted.is_some() => Exit::Partly,
                () => Exit::Done,
            };
        }
        let parts = match self.counted.as_ref() {
            Some(counted) if self.targets.iter().all(is_by_name) => {
                counted.names.len().div_ceil(BATCH)
            }
            _ => self.targets.len(),
        };
        match self.failed.first() {
            Some(first) if self.failed.len() == parts => first.exit,
            _ => Exit::Partly,
        }
    }
}
