//! A look at a lock, and word when it is given back.

use std::time::Duration;

use cache_runtime::commands::KeyWatch;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::ToolkitError;
use crate::home::Home;

/// The longest pause between two looks where the server does not tell of changes.
const PAUSE: Duration = Duration::from_millis(100);

/// What was seen, and what tells of the next change.
pub(super) enum Look {
    Redis {
        is_held: bool,
        watch: KeyWatch,
    },
    /// Who has it is seen when it is asked for.
    Memory(watch::Receiver<()>),
}

impl Look {
    pub(super) async fn at(home: &Home, key: &str) -> Result<Self, ToolkitError> {
        match home {
            Home::Redis(commands) => {
                let (holder, watch) = commands.look(key).await?;
                let is_held = holder.is_some();
                Ok(Self::Redis { is_held, watch })
            }
            Home::Memory(local) => Ok(Self::Memory(local.told())),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self, Self::Redis { is_held: true, .. })
    }

    /// Waits until it may have been given back, and no longer than it is held for.
    pub(super) async fn changed(self, left: Duration) {
        let left = left.max(Duration::from_millis(1));
        match self {
            Self::Redis { watch, .. } if watch.is_told() => watch.changed(left).await,
            Self::Redis { watch, .. } => watch.changed(PAUSE).await,
            Self::Memory(mut told) => {
                // Neither the time nor an error says more than that it is to be looked at again.
                let _ = timeout(left, told.changed()).await;
            }
        }
    }
}
