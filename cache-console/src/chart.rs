//! A small chart: a line of steps or bars, drawn here, so that a page needs no script for it. Every value that it shows
//! stands in a table below as well.
//!
//! The picture has no text: it stretches to the width of the page, which would turn letters out of shape. What it says
//! stands around it.

use std::fmt::Write as _;

use serde::Serialize;

/// How wide and how high the picture is, in units of its own.
const WIDE: f64 = 1_000.0;
const HIGH: f64 = 300.0;

/// A chart.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Chart {
    /// What tells it from others on the page.
    #[serde(skip)]
    pub(crate) id: &'static str,
    #[serde(skip)]
    pub(crate) title: &'static str,
    /// What stands from left to right, and from the bottom up.
    pub(crate) across: &'static str,
    pub(crate) up: &'static str,
    #[serde(skip)]
    pub(crate) shape: Shape,
    /// From left to right.
    pub(crate) points: Vec<Point>,
    /// What stands below the picture, from left to right, and left of it, from the bottom up.
    #[serde(skip)]
    pub(crate) below: Vec<String>,
    #[serde(skip)]
    pub(crate) beside: Vec<String>,
    /// A place to look at, 0 to 1 across, and what it is.
    #[serde(skip)]
    pub(crate) mark: Option<(f64, String)>,
}

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A line that holds from each point to the next.
    Steps,
    /// A bar for each point.
    Bars,
}

/// One value: where it is, 0 to 1, and how it reads.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    #[serde(skip)]
    pub(crate) x: f64,
    #[serde(skip)]
    pub(crate) y: f64,
    pub(crate) across: String,
    pub(crate) up: String,
    /// Whether it has a row of the table.
    #[serde(skip)]
    pub(crate) is_told: bool,
}

impl Chart {
    /// The picture, as the commands of a path of SVG.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for (at, point) in self.points.iter().enumerate() {
            let next = self.points.get(at + 1).map_or(1.0, |next| next.x);
            let (x, y, next) = (
                place(point.x, WIDE),
                HIGH - place(point.y, HIGH),
                place(next, WIDE),
            );
            // Writing to a string does not fail.
            let _ = match (self.shape, at) {
                (Shape::Steps, 0) => write!(path, "M{x:.1} {y:.1}H{next:.1}"),
                (Shape::Steps, _) => write!(path, "V{y:.1}H{next:.1}"),
                (Shape::Bars, _) => {
                    let wide = WIDE / self.points.len() as f64;
                    let (left, right) = (at as f64 * wide, (at + 1) as f64 * wide - wide / 6.0);
                    write!(path, "M{left:.1} {HIGH}V{y:.1}H{right:.1}V{HIGH}Z")
                }
            };
        }
        path
    }

    pub(crate) fn is_bars(&self) -> bool {
        self.shape == Shape::Bars
    }

    /// Where the mark is across the picture.
    pub(crate) fn mark_at(&self) -> String {
        let at = self.mark.as_ref().map_or(0.0, |(at, _)| *at);
        format!("{:.1}", place(at, WIDE))
    }
}

/// A share of some length, within it.
fn place(share: f64, length: f64) -> f64 {
    match share.is_finite() {
        true => share.clamp(0.0, 1.0) * length,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(shape: Shape, points: &[(f64, f64)]) -> Chart {
        let point = |(x, y): &(f64, f64)| Point {
            x: *x,
            y: *y,
            across: String::new(),
            up: String::new(),
            is_told: true,
        };
        Chart {
            id: "a",
            title: "A",
            across: "x",
            up: "y",
            shape,
            points: points.iter().map(point).collect(),
            below: Vec::new(),
            beside: Vec::new(),
            mark: Some((2.0, String::new())),
        }
    }

    #[test]
    fn steps_hold_to_the_next_and_the_last_to_the_end() {
        let steps = chart(Shape::Steps, &[(0.0, 0.0), (0.5, 1.0)]);
        assert_eq!(steps.path(), "M0.0 300.0H500.0V0.0H1000.0");
        assert_eq!(steps.mark_at(), "1000.0");
    }

    #[test]
    fn bars_stand_on_the_ground_with_a_gap_between() {
        let bars = chart(Shape::Bars, &[(0.0, 0.5), (0.5, f64::NAN)]);
        assert_eq!(
            bars.path(),
            "M0.0 300V150.0H416.7V300ZM500.0 300V300.0H916.7V300Z"
        );
    }
}
