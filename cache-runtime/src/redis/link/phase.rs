//! How a link's connection is, to those who wait for it.

use crate::clock::Stopwatch;
use crate::redis::wire::fault::Fault;

#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// The first attempt is not over: callers wait for it a moment.
    Connecting,
    Up,
    Down {
        since: Stopwatch,
        cause: Fault,
        is_probed: bool,
    },
}

impl Phase {
    /// An outage begins once, however many attempts fail; whether this was news.
    pub(super) fn go_down(&mut self, now: Fault) -> bool {
        match self {
            Self::Down {
                cause, is_probed, ..
            } => {
                *is_probed = false;
                std::mem::replace(cause, now) != now
            }
            _ => {
                *self = Self::Down {
                    since: Stopwatch::start(),
                    cause: now,
                    is_probed: false,
                };
                true
            }
        }
    }
}
