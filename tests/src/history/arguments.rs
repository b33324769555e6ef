//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use super::faults::Fault;
use super::topology::Kind;

/// How to call the program.
pub const USAGE: &str = "\
usage: history [--level bounded|strong] [--topology single|sentinel|cluster] [--processes N]
               [--seconds N] [--faults none|all|NAME,..] [--seed N] [--lag-ms N]
               [--plant cells|level]";

/// The consistency that reads are made with, and held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Bounded,
    Strong,
}

/// A bug made on purpose, which the judge must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    /// Memory serves without a look at the cells.
    Cells,
    /// Reads are made as `bounded` and held to `strong`.
    Level,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Arguments {
    pub(super) level: Level,
    pub(super) topology: Kind,
    pub(super) processes: usize,
    pub(super) seconds: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) seed: u64,
    pub(super) lag: Duration,
    pub(super) plant: Option<Plant>,
}

/// One process of a run.
#[derive(Clone, Debug)]
pub struct Orders {
    pub(super) folder: PathBuf,
    /// Its number in the run; a process started again has another.
    pub(super) number: u64,
    pub(super) level: Level,
    pub(super) plant: Option<Plant>,
}

/// What to be.
#[derive(Clone, Debug)]
pub enum Part {
    /// The one that starts the others and judges them.
    Run(Arguments),
    /// One of the others.
    Work(Orders),
}

impl Part {
    /// Parses the words after the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words.by_ref().peekable();
        if words.next_if(|word| word == Orders::WORD).is_some() {
            return Orders::parse(words).map(Self::Work);
        }
        let (mut arguments, mut faults) = (Arguments::default(), "all".to_owned());
        while let Some(flag) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| format!("`{flag}` takes a value"))?;
            match flag.as_str() {
                "--faults" => faults = value,
                _ => arguments.set(&flag, &value)?,
            }
        }
        // Which there are depends on the topology, which may be named later.
        arguments.faults = arguments.topology.faults(&faults)?;
        Ok(Self::Run(arguments))
    }
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            level: Level::Bounded,
            topology: Kind::Single,
            processes: 4,
            seconds: 60,
            faults: Vec::new(),
            seed: rand::random_range(0..1_000_000),
            lag: Duration::from_millis(500),
            plant: None,
        }
    }
}

impl Arguments {
    fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        match flag {
            "--level" => self.level = Level::parse(value)?,
            "--topology" => self.topology = Kind::parse(value)?,
            "--processes" => {
                let count = number(flag, value)?;
                self.processes = usize::try_from(count).unwrap_or(usize::MAX).clamp(1, 64);
            }
            "--seconds" => self.seconds = number(flag, value)?,
            "--seed" => self.seed = number(flag, value)?,
            "--lag-ms" => self.lag = Duration::from_millis(number(flag, value)?.max(1)),
            "--plant" => self.plant = Plant::parse(value)?,
            _ => return Err(format!("`{flag}` is not known")),
        }
        Ok(())
    }
}

impl Orders {
    const WORD: &str = "worker";

    /// The words that [`Part::parse`] makes these of.
    pub(super) fn words(&self) -> [String; 5] {
        [
            Self::WORD.to_owned(),
            self.folder.display().to_string(),
            self.number.to_string(),
            self.level.as_str().to_owned(),
            Plant::as_str(self.plant).to_owned(),
        ]
    }

    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut next = || {
            words
                .next()
                .ok_or("a worker is started by the program itself")
        };
        Ok(Self {
            folder: next()?.into(),
            number: number("worker", &next()?)?,
            level: Level::parse(&next()?)?,
            plant: Plant::parse(&next()?)?,
        })
    }

    /// Where its records are.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(format!("process-{}", self.number))
    }

    /// The level it reads at, which is not the one it is held to where that is the planted bug.
    pub(super) fn reads_at(&self) -> Level {
        match self.plant {
            Some(Plant::Level) => Level::Bounded,
            _ => self.level,
        }
    }
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Bounded => "bounded",
            Self::Strong => "strong",
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        [Self::Bounded, Self::Strong]
            .into_iter()
            .find(|level| level.as_str() == word)
            .ok_or_else(|| format!("`{word}` is no level: `bounded` or `strong`"))
    }
}

impl Plant {
    pub(super) fn as_str(plant: Option<Self>) -> &'static str {
        match plant {
            None => "none",
            Some(Self::Cells) => "cells",
            Some(Self::Level) => "level",
        }
    }

    fn parse(word: &str) -> Result<Option<Self>, String> {
        [None, Some(Self::Cells), Some(Self::Level)]
            .into_iter()
            .find(|plant| Self::as_str(*plant) == word)
            .ok_or_else(|| format!("`{word}` is no bug to plant: `cells` or `level`"))
    }
}

fn number(flag: &str, value: &str) -> Result<u64, String> {
    value
        .parse()
        .map_err(|_| format!("`{flag}` takes a number, not `{value}`"))
}

impl Kind {
    fn faults(self, value: &str) -> Result<Vec<Fault>, String> {
        match value {
            "none" => Ok(Vec::new()),
            "all" => Ok(Fault::all(self)),
            names => names
                .split(',')
                .map(|name| Fault::parse(name, self))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Part, String> {
        Part::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("--level weak", "weak"),
            ("--processes many", "many"),
            ("--faults flushall,earthquake", "earthquake"),
            ("--seconds", "--seconds"),
            ("--verbose yes", "--verbose"),
            ("--plant roses", "roses"),
            ("--topology ring", "single, sentinel, cluster"),
            ("--faults reshard --topology sentinel", "sentinel-kill"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn flags_are_taken_over_the_defaults() {
        let line = "--level strong --processes 2 --seconds 9 --faults flushall --plant level";
        let Ok(Part::Run(arguments)) = parse(line) else {
            panic!("{line}");
        };
        assert_eq!((arguments.level, arguments.processes), (Level::Strong, 2));
        assert_eq!((arguments.seconds, arguments.faults.len()), (9, 1));
        assert_eq!(arguments.plant, Some(Plant::Level));
    }

    #[test]
    fn all_faults_are_those_of_the_topology() {
        let faults = |topology: &str| {
            let Ok(Part::Run(arguments)) = parse(&format!("--topology {topology}")) else {
                panic!("{topology}");
            };
            arguments.faults
        };
        assert!(faults("single").contains(&Fault::Cut));
        assert!(!faults("sentinel").contains(&Fault::Cut));
        assert!(faults("sentinel").contains(&Fault::SentinelKill));
        assert!(faults("cluster").contains(&Fault::Reshard));
    }

    #[test]
    fn a_worker_reads_the_orders_it_was_given() {
        let orders = Orders {
            folder: "/a folder".into(),
            number: 3,
            level: Level::Strong,
            plant: Some(Plant::Cells),
        };
        let Ok(Part::Work(read)) = Part::parse(orders.words().into_iter()) else {
            panic!("{orders:?}");
        };
        assert_eq!((read.log(), read.level), (orders.log(), orders.level));
        assert_eq!(read.plant, orders.plant);
    }
}
