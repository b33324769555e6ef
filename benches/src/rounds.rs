//! Rounds of alternating contenders, and their medians.

use std::fmt;

/// How many rounds each contender runs, after one that is thrown away.
const ROUNDS: usize = 7;

/// A contender: its name, and one round of it, which gives its figure.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'a str,
    pub(crate) round: Box<dyn FnMut() -> f64 + 'a>,
}

/// A contender of which a round gives many samples of one or more things.
pub(crate) struct Sampled<'a> {
    pub(crate) names: Vec<&'a str>,
    pub(crate) round: Box<dyn FnMut() -> Vec<Vec<f64>> + 'a>,
}

/// Half the samples of a round are at or under `p50`, and 99 of 100 at or under `p99`; of several
/// rounds, the median of each.
#[derive(Clone, Copy)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Runs the contenders in turn and prints each one's median; gives the medians in order.
pub(crate) fn alternate(suite: &str, unit: &str, mut contenders: Vec<Contender<'_>>) -> Vec<f64> {
    let mut figures = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, figures) in contenders.iter_mut().zip(&mut figures) {
            let figure = (contender.round)();
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    for (contender, median) in contenders.iter().zip(&medians) {
        figure(&format!("{suite}.{}", contender.name), *median, unit);
    }
    medians
}

/// Runs the contenders in turn and prints the quantiles of all that they measured, in order.
pub(crate) fn alternate_quantiles(
    suite: &str,
    unit: &str,
    mut contenders: Vec<Sampled<'_>>,
) -> Vec<Quantiles> {
    let names: Vec<String> = contenders
        .iter()
        .flat_map(|contender| contender.names.iter().map(|name| (*name).to_owned()))
        .collect();
    let mut rounds = vec![(Vec::new(), Vec::new()); names.len()];
    for round in 0..=ROUNDS {
        let samples = contenders.iter_mut().flat_map(|one| (one.round)());
        for (mut samples, (p50, p99)) in samples.zip(&mut rounds) {
            samples.sort_by(f64::total_cmp);
            if round > 0 {
                p50.push(samples[samples.len() / 2]);
                p99.push(samples[(samples.len() * 99).div_ceil(100) - 1]);
            }
        }
    }
    let medians = rounds.into_iter().map(|(p50, p99)| Quantiles {
        p50: median(p50),
        p99: median(p99),
    });
    let medians: Vec<Quantiles> = medians.collect();
    for (name, Quantiles { p50, p99 }) in names.iter().zip(&medians) {
        figure(&format!("{suite}.{name}_p50"), *p50, unit);
        figure(&format!("{suite}.{name}_p99"), *p99, unit);
    }
    medians
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// One figure, as a line that a program can read.
pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    say(format_args!("figure {name} {value:.2} {unit}"));
}

#[expect(clippy::print_stdout, reason = "figures are this program's output")]
pub(crate) fn say(line: fmt::Arguments<'_>) {
    println!("{line}");
}
