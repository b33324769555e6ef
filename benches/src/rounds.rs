//! Rounds of alternating contenders, and their medians.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::report::figure;

/// How many rounds each contender runs, after one that is thrown away.
static ROUNDS: AtomicUsize = AtomicUsize::new(7);

/// Fewer rounds than usual while a suite is being written, or more on a noisy machine.
pub(crate) fn set(rounds: usize) {
    ROUNDS.store(rounds.max(1), Ordering::Relaxed);
}

pub(crate) fn count() -> usize {
    ROUNDS.load(Ordering::Relaxed)
}

/// A contender: its name, and one round of it, which gives its figure.
pub(crate) struct Contender<'a> {
    name: String,
    round: Box<dyn FnMut() -> f64 + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: impl Into<String>, round: impl FnMut() -> f64 + 'a) -> Self {
        let (name, round) = (name.into(), Box::new(round));
        Self { name, round }
    }
}

/// A contender of which a round gives many samples of one or more things.
pub(crate) struct Sampled<'a> {
    pub(crate) names: Vec<&'a str>,
    pub(crate) round: Box<dyn FnMut() -> Vec<Vec<f64>> + 'a>,
}

/// A contender of which a round gives a figure of each of several units.
pub(crate) struct Measured<'a> {
    /// Names, each with its unit.
    pub(crate) figures: Vec<(String, &'a str)>,
    pub(crate) round: Box<dyn FnMut() -> Vec<f64> + 'a>,
}

/// Half the samples of a round are at or under `p50`, and 99 of 100 at or under `p99`; of several
/// rounds, the median of each.
#[derive(Clone, Copy)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Quantiles {
    /// Of the samples of one round.
    pub(crate) fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let p50 = samples[samples.len() / 2];
        let p99 = samples[(samples.len() * 99).div_ceil(100) - 1];
        Self { p50, p99 }
    }
}

/// Runs the contenders in turn and prints each one's median; gives the medians in order.
pub(crate) fn alternate(suite: &str, unit: &str, contenders: Vec<Contender<'_>>) -> Vec<f64> {
    let measured = contenders.into_iter().map(|mut contender| Measured {
        figures: vec![(contender.name, unit)],
        round: Box::new(move || vec![(contender.round)()]),
    });
    alternate_measured(suite, measured.collect())
}

/// Runs the contenders in turn and prints the median of each thing that they measure; gives the
/// medians in order.
pub(crate) fn alternate_measured(suite: &str, mut contenders: Vec<Measured<'_>>) -> Vec<f64> {
    let figures = contenders.iter().flat_map(|one| one.figures.clone());
    let figures: Vec<(String, &str)> = figures.collect();
    let mut rounds = vec![Vec::new(); figures.len()];
    for round in 0..=count() {
        let values = contenders.iter_mut().flat_map(|one| (one.round)());
        for (value, values) in values.zip(&mut rounds) {
            if round > 0 {
                values.push(value);
            }
        }
    }
    let medians: Vec<f64> = rounds.into_iter().map(median).collect();
    for ((name, unit), median) in figures.iter().zip(&medians) {
        figure(&format!("{suite}.{name}"), *median, unit);
    }
    medians
}

/// Runs the contenders in turn and prints the quantiles of all that they measured, in order.
pub(crate) fn alternate_quantiles(
    suite: &str,
    unit: &str,
    mut contenders: Vec<Sampled<'_>>,
) -> Vec<Quantiles> {
    let names = contenders.iter().flat_map(|one| one.names.clone());
    let names: Vec<&str> = names.collect();
    let mut rounds = vec![(Vec::new(), Vec::new()); names.len()];
    for round in 0..=count() {
        let samples = contenders.iter_mut().flat_map(|one| (one.round)());
        for (samples, (p50, p99)) in samples.zip(&mut rounds) {
            let quantiles = Quantiles::of(samples);
            if round > 0 {
                p50.push(quantiles.p50);
                p99.push(quantiles.p99);
            }
        }
    }
    let medians = rounds.into_iter().map(|(p50, p99)| Quantiles {
        p50: median(p50),
        p99: median(p99),
    });
    let medians: Vec<Quantiles> = medians.collect();
    for (name, Quantiles { p50, p99 }) in names.iter().zip(&medians) {
        figure(&format!("{suite}.{}", quantile(name, "p50")), *p50, unit);
        figure(&format!("{suite}.{}", quantile(name, "p99")), *p99, unit);
    }
    medians
}

/// `row_p50`, or `row_p50.contender`.
fn quantile(name: &str, which: &str) -> String {
    match name.split_once('.') {
        Some((row, contender)) => format!("{row}_{which}.{contender}"),
        None => format!("{name}_{which}"),
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
