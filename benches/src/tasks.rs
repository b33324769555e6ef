//! Many tasks that call at once.

use std::pin::Pin;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// What a task does.
pub(crate) type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) fn boxed(task: impl Future<Output = ()> + Send + 'static) -> Boxed {
    Box::pin(task)
}

/// The calls of one task.
#[derive(Clone, Copy)]
pub(crate) struct Calls {
    task: u64,
    count: u64,
}

impl Calls {
    pub(crate) fn one() -> Self {
        Self { task: 0, count: 1 }
    }

    /// Which task it is.
    pub(crate) fn task(self) -> u64 {
        self.task
    }

    /// The ids that it asks for, of so many: no two tasks begin at the same.
    pub(crate) fn ids(self, of: u64) -> impl Iterator<Item = u64> {
        let Self { task, count } = self;
        (0..count).map(move |call| (task * 7 + call) % of)
    }
}

/// Calls a second, of so many tasks that make so many calls in all.
pub(crate) async fn a_second(tasks: u64, calls: u64, one: &dyn Fn(Calls) -> Boxed) -> f64 {
    let start = Instant::now();
    join(tasks, calls, one).await;
    calls as f64 / start.elapsed().as_secs_f64()
}

/// Microseconds of this process's processor time a call, of so many tasks that make so many calls
/// in all. A server is another process, and not counted.
pub(crate) async fn processor_micros(tasks: u64, calls: u64, one: &dyn Fn(Calls) -> Boxed) -> f64 {
    let before = processor_nanos();
    join(tasks, calls, one).await;
    (processor_nanos() - before) as f64 / 1_000.0 / calls as f64
}

async fn join(tasks: u64, calls: u64, one: &dyn Fn(Calls) -> Boxed) {
    let count = calls / tasks;
    let calls = (0..tasks).map(|task| Calls { task, count });
    let running: Vec<_> = calls.map(|calls| tokio::spawn(one(calls))).collect();
    for task in running {
        task.await.expect("a task");
    }
}

/// What all threads of this process have used, user and system time together.
fn processor_nanos() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
