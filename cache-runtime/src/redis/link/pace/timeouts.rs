//! How long a connection's commands are waited for, and when it is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::breaker::Breaker;
use crate::boxed::boxed;
use crate::clock::{Clock, Moment};
use crate::patience::{Turn, wait};
use crate::redis::terms::fault::Fault;

/// What one connection's commands may take, and whether too many of them took longer.
pub(in crate::redis::link) struct Timeouts {
    op_timeout: Duration,
    breaker: Breaker,
    /// When a command was answered last, or sent while there was none, in milliseconds of the coarse
    /// clock.
    silent_since: AtomicU64,
    end: Arc<End>,
    clock: Clock,
}

/// The end of a connection, told by whoever sees it first: its driver, a command or a heartbeat.
#[derive(Default)]
pub(in crate::redis::link) struct End(watch::Sender<Option<Fault>>);

impl End {
    /// The first to tell says why.
    pub(in crate::redis::link) fn tell(&self, cause: Fault) {
        self.0.send_if_modified(|told| {
            let is_first = told.is_none();
            told.get_or_insert(cause);
            is_first
        });
    }

    async fn come(&self) -> Fault {
        let mut told = self.0.subscribe();
        // Its sender is there as long as this is waited for.
        let cause = told.wait_for(Option::is_some).await;
        cause.ok().and_then(|cause| *cause).unwrap_or(Fault::Broken)
    }
}

impl Timeouts {
    /// Limits for one connection; `breaker` timeouts in a row end it.
    pub(in crate::redis::link) fn new(op_timeout: Duration, breaker: u32, end: Arc<End>) -> Self {
        let clock = Clock::default();
        Self {
            op_timeout,
            breaker: Breaker::new(breaker),
            silent_since: AtomicU64::new(clock.now().0),
            end,
            clock,
        }
    }

    /// Waits for what was sent: `op_timeout`, what those before it add, and one `op_timeout` more at
    /// most for those behind it.
    pub(in crate::redis::link) async fn within<T>(
        &self,
        turn: &Turn,
        mut sent: impl Future<Output = Result<T, Fault>> + Unpin,
    ) -> Result<T, Fault> {
        let asked = self.clock.now();
        if turn.before == 0 {
            self.silent_since.store(asked.0, Ordering::Relaxed);
        }
        if let (Some(answer), _) = wait(self.op_timeout, &mut sent).await {
            return self.answered(answer);
        }
        let answer = boxed(|| self.longer(turn, asked, sent)).await?;
        self.answered(answer)
    }

    fn answered<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        self.silent_since
            .store(self.clock.now().0, Ordering::Relaxed);
        self.judge(answer)
    }

    /// Waits on: those before it are answered first, and those behind it keep the server and this process
    /// busy, too. Where nothing comes at all it waits as long once more.
    async fn longer<T>(
        &self,
        turn: &Turn,
        asked: Moment,
        mut sent: impl Future<Output = T> + Unpin,
    ) -> Result<T, Fault> {
        let once = self.op_timeout;
        let mut waited = once;
        let extra = turn.extra().max(turn.extra_now().min(once));
        for more in [extra.min(once), extra.saturating_sub(once)] {
            if !more.is_zero() && self.silence(asked, waited) < 2 * once {
                let late = tokio::select! {
                    (late, _) = wait(more, &mut sent) => late,
                    // The breaker opened meanwhile; it will not be answered any more.
                    cause = self.end() => return Err(cause),
                };
                waited += more;
                if let Some(answer) = late {
                    return Ok(answer);
                }
            }
        }
        self.time_out(turn, self.silence(asked, waited));
        Err(Fault::Timeout)
    }

    /// How long nothing was answered although something was asked, for a command sent at `asked` that has
    /// `waited` since, in this process's own time.
    fn silence(&self, asked: Moment, waited: Duration) -> Duration {
        let since = Moment(self.silent_since.load(Ordering::Relaxed));
        let before = Duration::from_millis(asked.ms_since(since));
        let answered = Duration::from_millis(since.ms_since(asked));
        (waited + before).saturating_sub(answered)
    }

    /// Counts a timeout. Where more wait, a few say little of a server that answers others
    /// meanwhile, and enough of one that was silent for twice `op_timeout`.
    fn time_out(&self, turn: &Turn, silence: Duration) {
        let longer = turn.extra_now().min(self.op_timeout);
        let is_silent = silence >= self.op_timeout + longer;
        let others = if is_silent { 0 } else { turn.others() };
        if self.breaker.timed_out(others) {
            self.end.tell(Fault::Timeout);
        }
    }

    /// Counts answers, and tells the end when the connection is of no more use.
    pub(in crate::redis::link) fn judge<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match &answer {
            Ok(_) => self.breaker.answered(),
            Err(fault) if fault.ends_the_connection() => self.end.tell(*fault),
            Err(_) => {}
        }
        answer
    }

    /// Waits for the end of the connection, and why it came.
    pub(in crate::redis::link) async fn end(&self) -> Fault {
        self.end.come().await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt as _;
    use tokio::time::sleep;

    use super::*;
    use crate::patience::Crowd;

    /// Three of `others` and more time out together; whether that ends the connection.
    async fn ends(others: usize, answers_others: bool) -> bool {
        let op_timeout = Duration::from_millis(300);
        let timeouts = Timeouts::new(op_timeout, 3, Arc::default());
        let crowd = Arc::<Crowd>::default();
        let _others = crowd.enter_with(others);
        let late = [crowd.enter(), crowd.enter(), crowd.enter()];
        let [one, two, three] = late
            .each_ref()
            .map(|turn| timeouts.within(turn, pending::<Result<(), Fault>>()));
        let answered = async {
            loop {
                sleep(Duration::from_millis(10)).await;
                let answer: Result<(), Fault> = match answers_others {
                    true => Ok(()),
                    false => pending().await,
                };
                let _ = timeouts.within(&crowd.enter(), ready(answer)).await;
            }
        };
        tokio::select! {
            late = async { tokio::join!(one, two, three) } => assert_eq!(late.0, Err(Fault::Timeout)),
            () = answered => {}
        }
        timeouts.end().now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_few_of_many_that_are_late_end_a_connection_only_if_nothing_is_answered() {
        assert!(ends(0, false).await && ends(0, true).await);
        assert!(ends(300, false).await);
        assert!(!ends(300, true).await);
    }
}
