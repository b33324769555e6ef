//! How long a command is waited for, how many are under way at once, and when a connection is given
//! up for its timeouts.

pub(super) mod breaker;
pub(super) mod timeouts;
pub(super) mod window;
