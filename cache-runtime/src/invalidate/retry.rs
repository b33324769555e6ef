//! Retrying what is owed, for as long as anything is.

use std::sync::Arc;
use std::time::Duration;

use super::{delete, everything};
use crate::boxed::boxed;
use crate::owed::{Debt, Target};
use crate::own_thread;
use crate::redis::Topology;
use crate::tiers::Tiers;

/// How many targets are tried in one write.
const FEW: usize = 256;

/// Starts the task that retries what is owed, unless it runs or there is no thread to run it.
pub(crate) fn retry(tiers: &Arc<Tiers>) {
    let (Some(redis), true) = (&tiers.redis, tiers.owed.len() > 0) else {
        return;
    };
    let mut retrying = tiers.retrying.lock();
    if retrying.as_ref().is_some_and(|task| !task.is_finished()) {
        return;
    }
    // Weak: an abandoned cache does not live on for what it owes.
    let weak = Arc::downgrade(tiers);
    let redis = redis.clone();
    *retrying = own_thread::spawn(async move {
        let mut pause = Duration::from_millis(20);
        while let Some(tiers) = weak.upgrade() {
            if settle(&tiers, &redis).await && retire(&tiers) {
                return;
            }
            drop(tiers);
            own_thread::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    })
    .ok();
}

/// Ends the retrying task, unless something was owed since it last looked. Under the lock that
/// starts it, so that whoever owes next either is seen here or starts another.
fn retire(tiers: &Tiers) -> bool {
    let mut retrying = tiers.retrying.lock();
    let done = tiers.owed.len() == 0;
    if done {
        *retrying = None;
    }
    done
}

/// One attempt at all that is owed; whether nothing is left.
async fn settle(tiers: &Tiers, redis: &Topology) -> bool {
    if let Some(failure) = tiers.owed.everything() {
        match boxed(|| everything::delete(tiers, redis)).await {
            Ok(()) => tiers.owed.settle_everything(failure),
            Err(fault) => everything::trouble(tiers, &fault),
        }
    }
    for few in tiers.owed.all().chunks(FEW) {
        let targets: Vec<Target> = few.iter().map(|(of, _)| Target::clone(of)).collect();
        let done = delete(tiers, redis, &targets).await;
        if redis.has_one_link() && done.iter().all(Result::is_err) {
            break;
        }
        let done = few.iter().zip(done).filter(|(_, done)| done.is_ok());
        let done: Vec<Debt> = done.map(|(owed, _)| owed.clone()).collect();
        tiers.owed.settle(&done);
    }
    tiers.owed.len() == 0
}
