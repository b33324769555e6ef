//! Figures as SVG charts: a bar each, one chart of a suite for each unit.

use std::fs;
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use crate::report::Figure;
use crate::suites::title;
use crate::tables::{chart, units};

const WIDTH: u32 = 900;
const BAR: u32 = 22;
const MARGIN: u32 = 110;
const LABELS: u32 = 330;

/// Where the longest bar is so many times the shortest, the scale is logarithmic.
const SPREAD: f64 = 30.0;

const OURS: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const OTHERS: RGBColor = RGBColor(0xb0, 0xb0, 0xb0);

/// Draws every chart into a folder, and says which.
///
/// # Errors
///
/// If the folder or a file can't be written.
pub(crate) fn draw(folder: &Path, figures: &[Figure]) -> Result<Vec<PathBuf>, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(|error| problem(&error))?;
    let mut suites: Vec<&str> = figures.iter().map(|one| one.suite.as_str()).collect();
    suites.dedup();
    let mut drawn = Vec::new();
    for suite in suites {
        let own: Vec<&Figure> = figures.iter().filter(|one| one.suite == suite).collect();
        for unit in units(&own) {
            let bars = own.iter().filter(|one| one.unit == unit);
            let has_ours = own.iter().any(|one| is_ours(one));
            let bars = bars.map(|one| Bar::of(one, is_ours(one) || !has_ours));
            let bars: Vec<Bar> = bars.collect();
            let path = folder.join(chart(suite, unit));
            draw_one(&path, title(suite), unit, &bars).map_err(|error| problem(&error))?;
            drawn.push(path);
        }
    }
    Ok(drawn)
}

struct Bar {
    label: String,
    value: f64,
    color: RGBColor,
}

impl Bar {
    fn of(figure: &Figure, is_ours: bool) -> Self {
        let label = match &figure.contender {
            Some(contender) => format!("{} {contender}", figure.row),
            None => figure.row.clone(),
        };
        Self {
            label: label.replace('_', " "),
            value: figure.value,
            color: if is_ours { OURS } else { OTHERS },
        }
    }
}

/// Whether it is this library's, beside others'.
fn is_ours(figure: &Figure) -> bool {
    let contender = figure.contender.as_deref();
    contender.is_some_and(|name| name.starts_with("ours"))
}

/// The part of a scale that a chart shows: from nothing, or from under the shortest bar of a
/// logarithmic one.
struct Scale {
    from: f64,
    to: f64,
    is_logarithmic: bool,
}

impl Scale {
    fn of(bars: &[Bar]) -> Self {
        let values = || bars.iter().map(|bar| bar.value);
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(0.0, f64::max);
        let is_logarithmic = least > 0.0 && most / least > SPREAD;
        let from = if is_logarithmic {
            least / 2.0
        } else {
            least.min(0.0)
        };
        let to = if most > 0.0 { most } else { 1.0 };
        Self {
            from,
            to,
            is_logarithmic,
        }
    }

    /// How long a bar is, as a part of the longest.
    fn part(&self, value: f64) -> f64 {
        match self.is_logarithmic {
            true => (value / self.from).ln() / (self.to / self.from).ln(),
            false => (value - self.from) / (self.to - self.from),
        }
    }
}

fn draw_one(
    path: &Path,
    title: &str,
    unit: &str,
    bars: &[Bar],
) -> Result<(), Box<dyn std::error::Error>> {
    let scale = Scale::of(bars);
    let height = BAR * bars.len() as u32 + 60;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let how = if scale.is_logarithmic {
        ", on a logarithmic scale"
    } else {
        ""
    };
    let heading = format!("{title}, in {unit}{how}");
    area.draw(&Text::new(
        heading,
        (10, 12),
        ("sans-serif", 17).into_font(),
    ))?;
    let room = f64::from(WIDTH - LABELS - MARGIN);
    for (at, bar) in bars.iter().enumerate() {
        let top = 45 + (at as u32 * BAR) as i32;
        let left = LABELS as i32;
        let right = left + (scale.part(bar.value) * room).max(1.0) as i32;
        let corners = [(left, top), (right, top + BAR as i32 - 6)];
        area.draw(&Rectangle::new(corners, bar.color.filled()))?;
        let font = ("sans-serif", 13).into_font();
        area.draw(&Text::new(bar.label.clone(), (10, top + 1), font.clone()))?;
        let value = crate::tables::shown(bar.value);
        area.draw(&Text::new(value, (right + 6, top + 1), font))?;
    }
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Figure, draw};

    #[test]
    fn each_unit_of_a_suite_has_a_chart() {
        let folder = tempfile::tempdir().unwrap();
        let figures = [
            Figure::new("herd.loads.ours", 1.0, "loads"),
            Figure::new("herd.loads.plain", 10_000.0, "loads"),
            Figure::new("herd.memory.ours", 2_000.0, "bytes"),
            Figure::new("herd.over", 2.0, "ratio"),
        ];
        let drawn = draw(folder.path(), &figures).unwrap();
        let names = drawn.iter().map(|path| path.file_name().unwrap());
        assert!(names.eq(["herd-loads.svg", "herd-bytes.svg"]));
        let svg = std::fs::read_to_string(&drawn[0]).unwrap();
        assert!(svg.contains("loads ours"), "{svg}");
        assert!(svg.contains("on a logarithmic scale"), "{svg}");
    }
}
