//! Deletions, in the order that invalidations need.

use redis::Value;

use super::Topology;
use crate::redis::terms::answers::Unlinked;
use crate::redis::terms::fault::Fault;
use crate::redis::wire::asks::Ask;
use crate::redis::wire::error::unwrap;
use crate::redis::wire::slots::slot_of;

impl Topology {
    /// Deletes keys, each list in its order, and says of each list whether it was done, and how many of its keys were
    /// there, where that is known; acknowledged once as many replicas have it as the settings ask.
    pub(crate) async fn unlink(&self, lists: &[&[String]]) -> Vec<Unlinked> {
        if let Some(link) = self.only() {
            let names: Vec<_> = lists
                .iter()
                .flat_map(|names| names.iter().cloned())
                .collect();
            if names.is_empty() {
                return lists.iter().map(|_| Ok(None)).collect();
            }
            let answers = link.run(&[Ask::Unlink(&names)], false).await;
            let done =
                answers.and_then(|mut answers| unwrap(answers.pop().ok_or(Fault::Protocol)?.value));
            // Of several lists it is known only where there was nothing.
            let count =
                |value: Value| count(&value).filter(|count| *count == 0 || lists.len() == 1);
            let done = done.map(count);
            return lists.iter().map(|_| done).collect();
        }
        let mut steps: Vec<_> = lists.iter().map(|names| steps(names)).collect();
        let mut done: Vec<Unlinked> = vec![Ok(Some(0)); lists.len()];
        while steps.iter().any(|steps| !steps.is_empty()) {
            let next = steps.iter_mut().enumerate();
            let next = next.filter(|(_, steps)| !steps.is_empty());
            let (at, names): (Vec<_>, Vec<_>) =
                next.map(|(at, steps)| (at, steps.remove(0))).unzip();
            let asks: Vec<_> = names.iter().map(|names| Ask::Unlink(names)).collect();
            for ((at, names), result) in at.iter().zip(&names).zip(self.each(&asks).await) {
                let result = match result.and_then(|answered| unwrap(answered.value)) {
                    Err(Fault::SlotMoving) => self.unlink_singly(names).await,
                    result => result.map(|value| count(&value)),
                };
                match (result, &mut done[*at]) {
                    (Ok(more), Ok(sum)) => *sum = sum.zip(more).map(|(sum, more)| sum + more),
                    (Err(fault), done) => {
                        // What comes after must not be done before.
                        steps[*at].clear();
                        *done = Err(fault);
                    }
                    (Ok(_), Err(_)) => {}
                }
            }
        }
        done
    }

    /// One after the other, of a slot whose keys are partly here and partly there.
    async fn unlink_singly(&self, names: &[String]) -> Unlinked {
        let mut sum = Some(0);
        for name in names {
            let ask = Ask::Unlink(std::slice::from_ref(name));
            let value = unwrap(self.one(ask).await?.value)?;
            sum = sum.zip(count(&value)).map(|(sum, more)| sum + more);
        }
        Ok(sum)
    }
}

/// How many keys the server says that it has deleted.
fn count(answer: &Value) -> Option<u64> {
    match answer {
        Value::Int(count) => u64::try_from(*count).ok(),
        _ => None,
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
