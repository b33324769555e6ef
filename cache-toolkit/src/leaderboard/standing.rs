//! Who stands where.

use cache_runtime::commands::Reply;
use serde::de::DeserializeOwned;

use super::FOREIGN;
use crate::ToolkitError;
use crate::member::decode;

/// A member of a leaderboard, its score and where it stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Standing<M> {
    /// Who.
    pub member: M,
    /// With what score.
    pub score: f64,
    /// The number in the order of the board, from 1 for the highest score. No two members have the same: of those with one
    /// score the one whose JSON text is greater stands first, which is as good as any order.
    pub rank: u64,
    /// One more than there are members with a greater score. Members with one score share it, and the next place is as much
    /// further on: 1, 2, 2, 4. This is what a page shows as the place.
    pub place: u64,
}

/// Some rows of a board, all of one moment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// How many stand above the first row.
    pub(super) before: u64,
    /// How many of these have a greater score than it.
    pub(super) above: u64,
    /// From the top down.
    pub(super) rows: Vec<(Vec<u8>, f64)>,
}

impl Rows {
    /// What the scripts give.
    pub(super) fn read(reply: &Reply) -> Result<Self, ToolkitError> {
        let Some([_, before, above, rows]) = reply.list() else {
            return Err(FOREIGN);
        };
        let whole = |reply: &Reply| reply.number()?.try_into().ok();
        let pairs = rows.list().ok_or(FOREIGN)?.chunks(2).map(|pair| {
            let [member, score] = pair else { return None };
            Some((member.bytes()?.to_vec(), score.text()?.parse().ok()?))
        });
        Ok(Self {
            before: whole(before).ok_or(FOREIGN)?,
            above: whole(above).ok_or(FOREIGN)?,
            rows: pairs.collect::<Option<_>>().ok_or(FOREIGN)?,
        })
    }

    /// Each with its rank and its place.
    pub(super) fn standings<M: DeserializeOwned>(self) -> Result<Vec<Standing<M>>, ToolkitError> {
        let mut place = self.above + 1;
        let mut last = None;
        let rows = (self.before + 1..).zip(self.rows);
        let standings = rows.map(|(rank, (bytes, score))| {
            if last.is_some_and(|last| last > score) {
                place = rank;
            }
            last = Some(score);
            let member = decode(&bytes, "leaderboard")?;
            Ok(Standing {
                member,
                score,
                rank,
                place,
            })
        });
        standings.collect()
    }
}
