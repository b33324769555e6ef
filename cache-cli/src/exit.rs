//! How the program ends: the exit codes that the man page and the guide list.

use std::io::{self, Write as _};
use std::process::ExitCode;

use cache_runtime::CacheError;

use crate::output::text::escaped;

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// Nothing was found, or the answer to the question is no.
    Negative = 1,
    /// The arguments or the settings are wrong; nothing was done.
    Usage = 2,
    /// Redis can't be reached, or did not answer in time.
    Unreachable = 3,
    /// Redis refused: the user lacks a right, or the password is wrong.
    Refused = 4,
    /// A part was done.
    Partly = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the program ends without what was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// Empty where nobody is to be told.
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            text: text.into(),
        }
    }

    /// Says so on the error stream.
    pub(crate) fn tell(&self, json: bool) {
        if self.text.is_empty() {
            return;
        }
        let text = match json {
            true => serde_json::json!({ "error": self.text, "exit": self.exit as u8 }).to_string(),
            false => format!("cachectl: {}", escaped(&self.text)),
        };
        // Who closed the stream does not want to know.
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}

/// The words for what a server refuses: see `docs/operations.md`.
const REFUSALS: &[&str] = &[
    "no_permission",
    "wrong_user_or_password",
    "wrong_sentinel_user_or_password",
    "read_only",
    "out_of_memory",
    "wrong_type",
    "refused",
];

/// The words for what is there and can't be read.
const UNREADABLE: &[&str] = &[
    "magic",
    "version",
    "truncated",
    "checksum",
    "codec",
    "compression",
    "too_large",
    "too_many_stamps",
    "no_key",
    "not_authentic",
    "decode",
];

/// How the program ends for a cause.
pub(crate) fn of_cause(cause: &str) -> Exit {
    let first = cause.split(':').next().unwrap_or(cause);
    match () {
        () if REFUSALS.contains(&first) => Exit::Refused,
        () if UNREADABLE.contains(&first) => Exit::Negative,
        () => Exit::Unreachable,
    }
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        let exit = match &error {
            CacheError::NotConnected { cause, .. } | CacheError::Unavailable { cause, .. } => {
                of_cause(cause)
            }
            CacheError::Owed { .. } => Exit::Partly,
            _ => Exit::Usage,
        };
        let text = match &error {
            // The error's own words speak to a program that goes on, which this one does not.
            CacheError::Unavailable { doing, cause } => {
                format!("could not {doing}: {cause}{}", advice(cause))
            }
            CacheError::NotConnected {
                node,
                cause,
                advice: known,
            } => match cause.starts_with("no_permission") || cause == "cluster_down" {
                true => format!("redis ({node}) is not connected: {cause}{}", advice(cause)),
                false => format!("redis ({node}) is not connected: {cause}; {known}"),
            },
            _ => error.to_string(),
        };
        Self { exit, text }
    }
}

impl From<cache_backup::Error> for Failure {
    fn from(error: cache_backup::Error) -> Self {
        use cache_backup::Error;
        let exit = match error {
            Error::Cache(error) => return error.into(),
            Error::NoBackup { .. } => Exit::Negative,
            Error::Unsteady | Error::Busy { .. } => Exit::Partly,
            // What was written till then stays in the unfinished file.
            Error::File {
                doing: "write" | "finish",
                ..
            } => Exit::Partly,
            _ => Exit::Usage,
        };
        Self {
            exit,
            text: error.to_string(),
        }
    }
}

/// What to do about a cause of which the runtime says no more than its word.
fn advice(cause: &str) -> String {
    if let Some(command) = cause.strip_prefix("no_permission: ") {
        return format!("; grant the user `+{command}` (ACL SETUSER)");
    }
    let advice = match cause {
        "no_permission" => {
            "; grant the user the keys under the prefix (`~prefix:*`), and the command"
        }
        "no_pushes" => {
            "; it takes RESP3 and the right to `client|tracking`: `cachectl doctor` says which is missing"
        }
        "no_key" => "; set `CACHE_ENCRYPTION_KEYS` as the program has it",
        "cluster_down" => {
            "; slots without a node stop the cluster: `cachectl doctor` counts them, `redis-cli --cluster fix` gives them to one"
        }
        "down" | "timeout" | "unreachable" => {
            "; see that it runs, and raise `--timeout` where it is slow"
        }
        _ => "",
    };
    advice.to_owned()
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // Who reads no further has what it wanted: `cachectl scan | head`.
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self {
                exit: Exit::Done,
                text: String::new(),
            },
            _ => Self {
                exit: Exit::Partly,
                text: format!("could not write: {error}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_ends_the_program_in_its_own_way() {
        for (cause, exit) in [
            ("down", Exit::Unreachable),
            ("tls_certificate_expired", Exit::Unreachable),
            ("no_permission: xadd", Exit::Refused),
            ("wrong_user_or_password", Exit::Refused),
            ("checksum", Exit::Negative),
        ] {
            assert_eq!(of_cause(cause), exit, "{cause}");
        }
        let failure = Failure::from(CacheError::Unavailable {
            doing: "scan",
            cause: "no_permission: scan".to_owned(),
        });
        assert!(failure.text.contains("`+scan`"), "{}", failure.text);
    }

    #[test]
    fn a_backup_that_stopped_half_way_is_not_nothing() {
        use cache_backup::Error;
        let of = |doing| Error::File {
            doing,
            path: "a.zst".into(),
            source: io::ErrorKind::StorageFull.into(),
        };
        let busy = Error::Busy {
            path: "a.zst.partial".into(),
        };
        for (error, exit) in [
            (of("write"), Exit::Partly),
            (of("finish"), Exit::Partly),
            (of("open"), Exit::Usage),
            (busy, Exit::Partly),
        ] {
            assert_eq!(Failure::from(error).exit, exit);
        }
    }
}
