//! Letting a lock live on while it is held.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::sleep_until;

use super::guard::Held;

/// The task that renews a lock, and until when it is held by this process's clock.
pub(super) struct Renewal {
    until: watch::Receiver<Instant>,
    task: AbortHandle,
}

impl Renewal {
    /// Of a lock that was asked for at `sent`.
    pub(super) fn start(held: Arc<Held>, sent: Instant) -> Self {
        let (tell, until) = watch::channel(sent + held.ttl);
        let task = tokio::spawn(async move { renew(&held, &tell).await });
        Self {
            until,
            task: task.abort_handle(),
        }
    }

    pub(super) fn is_held(&self) -> bool {
        Instant::now() < *self.until.borrow()
    }

    /// Waits until it is over.
    pub(super) async fn lost(&self) {
        let mut until = self.until.clone();
        loop {
            let end = *until.borrow_and_update();
            if end <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(end.into()) => {}
                // An error says that nobody renews it any more: then it ends at its time.
                changed = until.changed() => if changed.is_err() {
                    sleep_until(end.into()).await;
                    return;
                },
            }
        }
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

/// Renews it each third of its ttl, and sooner where Redis does not answer, until it is another's.
async fn renew(held: &Held, until: &watch::Sender<Instant>) {
    let (third, soon) = (held.ttl / 3, held.ttl / 20);
    let mut pause = third;
    loop {
        tokio::time::sleep(pause.max(Duration::from_millis(5))).await;
        let sent = Instant::now();
        pause = match held.renew().await {
            Ok(true) => {
                until.send_replace(sent + held.ttl);
                third
            }
            Ok(false) => {
                until.send_replace(sent);
                return;
            }
            // It may come back within the ttl.
            Err(_) => soon,
        };
    }
}
