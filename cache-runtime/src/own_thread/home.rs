//! Where the work of a connection runs: on the cache's own thread, or on a runtime that the program
//! says it keeps driven.

use std::future::pending;
use std::sync::{Arc, Weak};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinHandle;

use super::{NoThread, logged};

/// The cache's own thread, unless a runtime was given that is there still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Home(Option<Given>);

/// A runtime of the program's, and what goes when it ends.
#[derive(Clone, Debug)]
struct Given {
    runtime: Handle,
    is_there: Weak<()>,
}

impl Home {
    /// On this runtime, until it ends.
    pub(crate) fn on(runtime: Handle) -> Self {
        let there = Arc::new(());
        let is_there = Arc::downgrade(&there);
        // A runtime drops its tasks when it ends.
        runtime.spawn(async move {
            let _there = there;
            pending::<()>().await;
        });
        Self(Some(Given { runtime, is_there }))
    }

    /// Whether a runtime has threads of its own, so that what runs on it goes on between two calls.
    pub(crate) fn may_be(runtime: &Handle) -> bool {
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread
    }

    /// Runs work there, whose events go where its caller's own go.
    pub(crate) fn spawn<F>(&self, work: F) -> Result<JoinHandle<F::Output>, NoThread>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self.there() {
            Some(runtime) => Ok(runtime.spawn(logged(work))),
            None => super::spawn(work),
        }
    }

    fn there(&self) -> Option<&Handle> {
        let given = self.0.as_ref()?;
        (given.is_there.strong_count() > 0).then_some(&given.runtime)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::runtime::Builder;

    use super::*;

    /// The name of the thread that work runs on.
    fn name_there(home: &Home) -> Option<String> {
        let name = async { thread::current().name().map(str::to_owned) };
        let task = home.spawn(name).unwrap();
        Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(task)
            .unwrap()
    }

    #[test]
    fn work_goes_on_where_the_runtime_that_was_given_has_ended() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("given")
            .build()
            .unwrap();
        let home = Home::on(runtime.handle().clone());
        assert_eq!(name_there(&home).as_deref(), Some("given"));
        drop(runtime);
        assert_eq!(name_there(&home).as_deref(), Some(super::super::NAME));
        assert_eq!(
            name_there(&Home::default()).as_deref(),
            Some(super::super::NAME)
        );
    }

    #[test]
    fn a_runtime_that_stands_still_between_two_calls_is_no_home() {
        let parked = Builder::new_current_thread().build().unwrap();
        assert!(!Home::may_be(parked.handle()));
    }
}
