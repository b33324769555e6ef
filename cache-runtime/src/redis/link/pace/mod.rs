//! How long a command of a link is waited for, how many are under way at once, and when a connection
//! is given up. Everything that decides it stands here and in the two files beside it.
//!
//! **A command** that is alone on its connection is waited for as long as `op_timeout`. In a crowd it may
//! take longer, as the server answers the others too: 2 ms more for each past the sixteenth that came
//! before it, up to 2 s; or, where that is more, 2 ms for each past the sixteenth that waits now, up to
//! `op_timeout` ([`Crowd`](crate::patience::Crowd) counts them). Past the first `op_timeout` it is waited for
//! only while the server has answered anybody within two of them. So it is waited for at most
//!
//! - `op_timeout` where no more than sixteen others wait, whatever the server does;
//! - `2 * op_timeout` where the server answers nobody, however large the crowd;
//! - `op_timeout + 2 s` where the server answers others.
//!
//! Time in which this process was not scheduled is not counted, and the time until a command is sent is.
//!
//! **The first connection** is waited for while each of its steps (found, connected, greeted, heard,
//! confirmed) takes `op_timeout` at most, or twice that in a crowd. Without a connection every later command
//! fails at once, while attempts go on in the background: each takes [`ATTEMPT`] at most, or `op_timeout` if
//! that is longer, with pauses between them that grow from [`FIRST_PAUSE`] to [`LONGEST_PAUSE`].
//!
//! **A deletion that replicas acknowledge** waits up to `2 * op_timeout` for its turn on the connection it has
//! for that, and as long again for the answers. **A read** that is joined with others is waited for like any
//! command, from when it is given; each caller that waits in vain counts for the breaker.
//!
//! **An operation** sends one command, and up to three where the server forgot the scripts. What all
//! operations of one call may wait is the call's own affair, not the link's.

pub(super) mod breaker;
pub(super) mod timeouts;

use std::time::Duration;

/// What a timeout adds to the breaker's score, where an answer takes one away.
const WEIGHT: u32 = 2;

/// Longest for one attempt to connect, TLS and greeting included. With the pause between attempts it is
/// under the two seconds in which hits are to be back after the server is.
pub(super) const ATTEMPT: Duration = Duration::from_secs(1);

/// The pause after the first attempt that failed; it doubles up to [`LONGEST_PAUSE`]. Pauses are jittered,
/// so that a fleet does not come back all at once.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between attempts, short enough that hits are back within two seconds of the server.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(800);
