//! What a server answers to a command, or why it did not.

use crate::redis::{Fault, Said};

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nil.
    Nothing,
    /// An integer.
    Number(i64),
    /// A string, whatever it holds.
    Bytes(Vec<u8>),
    /// A list; of a map each name stands before its value.
    List(Vec<Reply>),
}

/// Why a command has no answer. No server text is kept: it may quote a key or a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no connection to its node: it was not sent.
    #[error("redis is away ({cause}), and the command was not sent: look at `cache.health()`")]
    Away {
        /// Why, by the word that `health()` and the log use.
        cause: &'static str,
    },
    /// It was sent, and no answer came: it may have been carried out.
    #[error(
        "redis did not answer ({cause}): the command may have been carried out; look at `cache.health()`"
    )]
    Unanswered {
        /// Why, by the word that `health()` and the log use.
        cause: &'static str,
    },
    /// The key holds another type of value: it was not carried out.
    #[error(
        "the key holds another type of value: give what is stored there another name, or delete it"
    )]
    WrongType,
    /// The server would not do it: its user may not, its memory is full, or the command is wrong. It was not carried out.
    #[error("redis refused the command ({cause}): see `cachectl doctor` for rights and memory")]
    Refused {
        /// Why, by the word that the log uses.
        cause: &'static str,
    },
}

impl From<Fault> for CommandError {
    fn from(fault: Fault) -> Self {
        let cause = fault.as_str();
        match fault {
            Fault::WrongType => Self::WrongType,
            Fault::Timeout | Fault::Broken | Fault::Protocol => Self::Unanswered { cause },
            Fault::OutOfMemory
            | Fault::NoPermission
            | Fault::MayNotRun(_)
            | Fault::Refused
            | Fault::NoScript => Self::Refused { cause },
            _ => Self::Away { cause },
        }
    }
}

impl CommandError {
    /// Whether the command may have been carried out all the same.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        matches!(self, Self::Unanswered { .. })
    }

    /// Whether it is the server that is away, and not the command that is wrong.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Away { .. } | Self::Unanswered { .. })
    }
}

impl Reply {
    pub(super) fn of(said: Said) -> Self {
        match said {
            Said::Nothing => Self::Nothing,
            Said::Number(number) => Self::Number(number),
            Said::Bytes(bytes) => Self::Bytes(bytes),
            Said::List(items) => Self::List(items.into_iter().map(Self::of).collect()),
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The bytes, if it is a string.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text, if it is a string of UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }
}
