//! `cachectl warm`: has a program warm what it names, through the page that it serves.

mod client;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::progress::Progress;
use crate::output::{Page, Report, Tone, units};
use client::Endpoint;

/// What the program can warm.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Targets {
    targets: Vec<String>,
}

/// What came of all targets.
#[derive(Debug, Serialize)]
pub(crate) struct Warmed {
    targets: Vec<Ended>,
}

/// What came of one.
#[derive(Debug, Serialize)]
struct Ended {
    target: String,
    limit: u64,
    warmed: u64,
    failed: u64,
    seconds: f64,
    /// Whether the program came to its end.
    done: bool,
    /// Why the last that failed did, or why it did not begin or end.
    error: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// A line of what the program tells while it warms.
#[derive(Debug, Deserialize)]
struct Line {
    warmed: u64,
    failed: u64,
    error: Option<String>,
    seconds: f64,
    done: bool,
}

/// Why a program refuses.
#[derive(Debug, Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    targets: Vec<String>,
}

/// The targets of a program.
pub(crate) async fn list(asked: &arguments::Warm) -> Result<Targets, Failure> {
    let endpoint = Endpoint::of(&asked.endpoint)?;
    let mut answer = endpoint.get().await?;
    let body = answer.whole().await?;
    if answer.status != 200 {
        return Err(refused(answer.status, &body));
    }
    serde_json::from_slice(&body).map_err(|_| not_a_page())
}

/// Warms what is asked for, one after another. What fails does not stop the rest.
pub(crate) async fn warm(asked: &arguments::Warm) -> Result<Warmed, Failure> {
    if asked.targets.is_empty() {
        return Err(Failure::usage(
            "name a target by --target, or see which there are by --list",
        ));
    }
    let endpoint = Endpoint::of(&asked.endpoint)?;
    let mut targets = Vec::with_capacity(asked.targets.len());
    for target in &asked.targets {
        let mut ended = Ended {
            target: target.clone(),
            limit: asked.limit,
            warmed: 0,
            failed: 0,
            seconds: 0.0,
            done: false,
            error: None,
            exit: Exit::Done,
        };
        if let Err(failure) = one(&endpoint, &mut ended).await {
            ended.error = Some(failure.text);
            ended.exit = failure.exit;
        }
        targets.push(ended);
    }
    Ok(Warmed { targets })
}

/// Warms one, and notes how far it came.
async fn one(endpoint: &Endpoint, ended: &mut Ended) -> Result<(), Failure> {
    let body = serde_json::json!({ "target": ended.target, "limit": ended.limit });
    let mut answer = endpoint.post(body.to_string()).await?;
    if answer.status != 200 {
        let body = answer.whole().await?;
        return Err(refused(answer.status, &body));
    }
    let progress = Progress::warming(ended.limit);
    while let Some(line) = answer.line().await? {
        let line: Line = serde_json::from_slice(&line).map_err(|_| not_a_page())?;
        progress.warmed(line.warmed.saturating_add(line.failed));
        (ended.warmed, ended.failed) = (line.warmed, line.failed);
        (ended.seconds, ended.error, ended.done) = (line.seconds, line.error, line.done);
    }
    if !ended.done {
        return Err(Failure {
            exit: Exit::Partly,
            text: "the program went away before it was done".to_owned(),
        });
    }
    if ended.failed > 0 {
        ended.exit = match ended.warmed {
            0 => Exit::Negative,
            _ => Exit::Partly,
        };
    }
    Ok(())
}

/// How the command ends where the program says no.
fn refused(status: u16, body: &[u8]) -> Failure {
    let exit = match status {
        401 | 403 => Exit::Refused,
        404 | 409 => Exit::Negative,
        400 => Exit::Usage,
        _ => Exit::Unreachable,
    };
    let text = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) if refusal.targets.is_empty() => refusal.error,
        Ok(refusal) => format!("{}: {}", refusal.error, refusal.targets.join(", ")),
        Err(_) => {
            return Failure {
                exit,
                text: format!("{} (status {status})", not_a_page().text),
            };
        }
    };
    Failure { exit, text }
}

fn not_a_page() -> Failure {
    Failure {
        exit: Exit::Usage,
        text: "what answers there is not the page of a cache: name the path that its router is nested under, such as \
               http://127.0.0.1:3001/cache"
            .to_owned(),
    }
}

impl Report for Targets {
    fn tell(&self, page: &mut Page) {
        match self.targets.is_empty() {
            true => page.line("the program names none: `Console::warm` does"),
            false => self.targets.iter().for_each(|target| page.line(target)),
        }
    }

    fn exit(&self) -> Exit {
        match self.targets.is_empty() {
            true => Exit::Negative,
            false => Exit::Done,
        }
    }
}

impl Report for Warmed {
    fn tell(&self, page: &mut Page) {
        for ended in &self.targets {
            let seconds = Duration::try_from_secs_f64(ended.seconds).unwrap_or_default();
            let took = units::span(u64::try_from(seconds.as_millis()).unwrap_or(u64::MAX));
            let (tone, word) = match (ended.done, ended.exit) {
                (true, Exit::Done) => (Tone::Good, "warmed"),
                (true, _) => (Tone::Doubtful, "in part"),
                (false, _) => (Tone::Bad, "failed"),
            };
            let (target, limit) = (&ended.target, units::count(ended.limit));
            let (warmed, failed) = (units::count(ended.warmed), units::count(ended.failed));
            let told = format!("{target}: {warmed} of {limit} at most, {failed} failed, in {took}");
            page.verdict(tone, word, &told);
            if let Some(error) = &ended.error {
                page.detail(error);
            }
        }
    }

    fn exit(&self) -> Exit {
        let failed: Vec<_> = self
            .targets
            .iter()
            .map(|ended| ended.exit)
            .filter(|exit| *exit != Exit::Done)
            .collect();
        match failed.first() {
            None => Exit::Done,
            Some(exit) if failed.len() == self.targets.len() => *exit,
            Some(_) => Exit::Partly,
        }
    }
}
