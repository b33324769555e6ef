//! Rounds of alternating contenders, and their medians.

use std::fmt;

/// How many rounds each contender runs, after one that is thrown away.
const ROUNDS: usize = 7;

/// A contender: its name, and one round of it, which gives its figure.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'a str,
    pub(crate) round: Box<dyn FnMut() -> f64 + 'a>,
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
