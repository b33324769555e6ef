//! `cachectl top`: what functions do in a second, again and again.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use cache_runtime::admin::Admin;
use serde::Serialize;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, NOBODY, Rate, Rates, percent};
use crate::output::{Page, Report, print, units};

/// To the upper left corner, and all that is there away.
const REPAINT: &str = "\u{1b}[H\u{1b}[2J";

/// Longer than anybody watches.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

#[derive(Debug, Serialize)]
struct Top {
    processes: usize,
    functions: Vec<Line>,
}

/// What a function does in a second.
#[derive(Debug, Serialize)]
struct Line {
    function: String,
    namespace: String,
    #[serde(flatten)]
    rate: Rate,
}

pub(crate) async fn top(
    admin: &Admin,
    asked: &arguments::Top,
    json: bool,
) -> Result<Exit, Failure> {
    let repaints = !json && std::io::stdout().is_terminal();
    let end = tokio::time::sleep(asked.time.unwrap_or(FOR_EVER).min(FOR_EVER));
    let interrupted = tokio::signal::ctrl_c();
    let (mut end, mut interrupted) = (std::pin::pin!(end), std::pin::pin!(interrupted));
    let mut ticks = tokio::time::interval(asked.every);
    let mut rates = Rates::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut end => return Ok(Exit::Done),
            Ok(()) = &mut interrupted => return Ok(Exit::Done),
        }
        let fleet = match Fleet::of(admin).await {
            Ok(fleet) => fleet,
            // It goes on where it has begun: the next look may be answered.
            Err(failure) if rates.has_begun() => {
                failure.tell(json);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if repaints {
            anstream::stdout().write_all(REPAINT.as_bytes())?;
        }
        print(&now(&fleet, &mut rates, asked.limit), json)?;
    }
}

fn now(fleet: &Fleet, rates: &mut Rates, limit: usize) -> Top {
    let rates = rates.take(fleet).into_iter();
    let mut functions: Vec<_> = rates
        .map(|((namespace, function), rate)| Line {
            function,
            namespace,
            rate,
        })
        .collect();
    functions.sort_by(|one, other| other.rate.calls.total_cmp(&one.rate.calls));
    functions.truncate(limit);
    Top {
        processes: fleet.processes.len(),
        functions,
    }
}

impl Report for Top {
    fn tell(&self, page: &mut Page) {
        if self.processes == 0 {
            return page.line(NOBODY);
        }
        let processes = units::count(self.processes as u64);
        page.line(&format!(
            "{processes} processes, each as it published last; in a second:"
        ));
        if self.functions.is_empty() {
            return page.line(
                "each publishes every 5 s: the first rates are there once each has done so twice",
            );
        }
        page.table(
            &[
                "function",
                "namespace",
                "calls",
                "hits of calls",
                "loads",
                "troubles",
            ],
            self.functions.iter().map(row),
        );
    }
}

fn row(line: &Line) -> Vec<String> {
    let a_second = |rate: f64| match rate < 10.0 {
        true => format!("{rate:.1}"),
        false => units::count(rate as u64),
    };
    let rate = &line.rate;
    let hits = (rate.calls > 0.0).then(|| rate.hits / rate.calls);
    vec![
        line.function.clone(),
        line.namespace.clone(),
        a_second(rate.calls),
        percent(hits),
        a_second(rate.loads),
        a_second(rate.errors),
    ]
}
