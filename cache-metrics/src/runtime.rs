//! The caller's runtime, which has the tasks of this package.

/// There is no tokio runtime to have the task: call it within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no tokio runtime here to have the task: call it from within one, as in `#[tokio::main]`"
)]
pub struct NoRuntime;
