//! What the program is asked for on the command line.

use std::path::PathBuf;

/// The suites to run, and what becomes of their figures.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) suites: Vec<String>,
    pub(crate) rounds: Option<usize>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    /// A trace to replay: an id a line.
    pub(crate) file: Option<PathBuf>,
}

impl Arguments {
    /// Reads the words of a command line; `known` are the names of suites, which `all` stands for.
    ///
    /// # Errors
    ///
    /// What is wrong with the words.
    pub(crate) fn read(words: &[&str], known: &[&str]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut operand = || words.next().ok_or(format!("{word} of what?"));
            match *word {
                "--rounds" => arguments.rounds = Some(rounds(operand()?)?),
                "--json" => arguments.json = Some(operand()?.into()),
                "--svg" => arguments.svg = Some(operand()?.into()),
                "--file" => arguments.file = Some(operand()?.into()),
                "all" => arguments
                    .suites
                    .extend(known.iter().map(|&name| name.into())),
                name if known.contains(&name) => arguments.suites.push(name.to_owned()),
                other => return Err(format!("no suite or option is called {other}")),
            }
        }
        arguments.check()?;
        Ok(arguments)
    }

    fn check(&self) -> Result<(), String> {
        if self.suites.is_empty() {
            return Err("no suite is named".to_owned());
        }
        if self.svg.is_some() && cfg!(not(feature = "charts")) {
            return Err("--svg needs the feature `charts`".to_owned());
        }
        match &self.file {
            Some(file) if !file.is_file() => Err(format!("there is no file {}", file.display())),
            _ => Ok(()),
        }
    }
}

fn rounds(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(rounds) if rounds > 0 => Ok(rounds),
        _ => Err(format!("{word} is no number of rounds")),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    const KNOWN: &[&str] = &["hits", "trace"];

    fn read(line: &str) -> Result<Arguments, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Arguments::read(&words, KNOWN)
    }

    #[test]
    fn all_stands_for_every_suite() {
        let arguments = read("all --rounds 5 --json figures.jsonl").unwrap();
        assert_eq!(arguments.suites, KNOWN);
        assert_eq!(arguments.rounds, Some(5));
        assert_eq!(arguments.json, Some("figures.jsonl".into()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, problem) in [
            ("", "no suite is named"),
            ("--rounds 5", "no suite is named"),
            ("nothing", "no suite or option is called nothing"),
            ("hits --rounds", "--rounds of what?"),
            ("hits --rounds 0", "0 is no number of rounds"),
            ("trace --file /not/there", "there is no file /not/there"),
        ] {
            assert_eq!(read(line).unwrap_err(), problem, "{line}");
        }
    }
}
