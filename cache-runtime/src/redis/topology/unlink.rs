//! Deletions, in the order that invalidations need.

use super::Topology;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::asks::Ask;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::slots::slot_of;

impl Topology {
    /// Deletes keys, each list in its order, and says of each list whether it was done; acknowledged
    /// once as many replicas have it as the settings ask.
    pub(crate) async fn unlink(&self, lists: &[&[String]]) -> Vec<Result<(), Fault>> {
        if let Some(link) = self.only() {
            let names: Vec<_> = lists
                .iter()
                .flat_map(|names| names.iter().cloned())
                .collect();
            if names.is_empty() {
                return lists.iter().map(|_| Ok(())).collect();
            }
            let answers = link.run(&[Ask::Unlink(&names)], false).await;
            let done = answers.and_then(|mut answers| {
                unwrap(answers.pop().ok_or(Fault::Protocol)?.value).map(drop)
            });
            return lists.iter().map(|_| done).collect();
        }
        let mut steps: Vec<_> = lists.iter().map(|names| steps(names)).collect();
        let mut done = vec![Ok(()); lists.len()];
        while steps.iter().any(|steps| !steps.is_empty()) {
            let next = steps.iter_mut().enumerate();
            let next = next.filter(|(_, steps)| !steps.is_empty());
            let (at, names): (Vec<_>, Vec<_>) =
                next.map(|(at, steps)| (at, steps.remove(0))).unzip();
            let asks: Vec<_> = names.iter().map(|names| Ask::Unlink(names)).collect();
            for ((at, names), result) in at.iter().zip(&names).zip(self.each(&asks).await) {
                let result = match result.and_then(|answered| unwrap(answered.value)) {
                    Err(Fault::SlotMoving) => self.unlink_singly(names).await,
                    result => result.map(drop),
                };
                if result.is_err() {
                    // What comes after must not be done before.
                    steps[*at].clear();
                    done[*at] = result;
                }
            }
        }
        done
    }

    /// One after the other, of a slot whose keys are partly here and partly there.
    async fn unlink_singly(&self, names: &[String]) -> Result<(), Fault> {
        for name in names {
            let ask = Ask::Unlink(std::slice::from_ref(name));
            unwrap(self.one(ask).await?.value)?;
        }
        Ok(())
    }
}

/// What can be deleted at once: names of one slot that follow each other.
fn steps(names: &[String]) -> Vec<&[String]> {
    names
        .chunk_by(|one, next| slot_of(one) == slot_of(next))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_slot_is_deleted_at_once_and_the_rest_in_order() {
        let names = ["a:{1}:lease", "a:{1}", "b:{2}", "a:{1}"].map(str::to_owned);
        let lengths: Vec<_> = steps(&names).into_iter().map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 1, 1]);
    }
}
