//! A leaderboard in this process.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::standing::Rows;
use crate::home::Kept;

/// About what a member takes beside its bytes.
const MEMBER: usize = 96;

/// Scores by member, and all in the order in which Redis has them: by score, then by bytes. A change moves what stands
/// behind it, a rank is found by halving.
#[derive(Default)]
pub(super) struct Board {
    scores: HashMap<Arc<[u8]>, f64>,
    upwards: Vec<(f64, Arc<[u8]>)>,
    bytes: usize,
}

impl Kept for Board {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Board {
    pub(super) fn len(&self) -> usize {
        self.upwards.len()
    }

    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    /// Whether it was not there.
    pub(super) fn set(&mut self, member: &[u8], score: f64) -> bool {
        let is_new = !self.remove(member);
        let member: Arc<[u8]> = member.into();
        let at = self.position(score, &member).unwrap_or_else(|at| at);
        self.bytes += member.len() + MEMBER;
        self.upwards.insert(at, (score, Arc::clone(&member)));
        self.scores.insert(member, score);
        is_new
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let Some(score) = self.scores.remove(member) else {
            return false;
        };
        if let Ok(at) = self.position(score, member) {
            self.upwards.remove(at);
        }
        self.bytes -= member.len() + MEMBER;
        true
    }

    /// So many rows, with so many passed over from the top.
    pub(super) fn page(&self, before: u64, count: u64) -> Rows {
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let downwards = self.upwards.iter().rev();
        let rows = downwards.skip(before).take(count);
        let rows: Vec<_> = rows
            .map(|(score, member)| (member.to_vec(), *score))
            .collect();
        let first = rows.first().map(|(_, score)| *score);
        let above = first.map_or(0, |first| {
            self.upwards.len() - self.upwards.partition_point(|(score, _)| *score <= first)
        });
        Rows {
            before: before as u64,
            above: above as u64,
            rows,
        }
    }

    /// Those on each side of a member, and itself.
    pub(super) fn around(&self, member: &[u8], each: u64) -> Option<Rows> {
        let at = self.position(self.score(member)?, member).ok()?;
        let rank = (self.upwards.len() - 1 - at) as u64;
        let before = rank.saturating_sub(each);
        Some(self.page(before, rank - before + 1 + each))
    }

    fn position(&self, score: f64, member: &[u8]) -> Result<usize, usize> {
        self.upwards.binary_search_by(|(other, bytes)| {
            let by_score = other.partial_cmp(&score).unwrap_or(Ordering::Equal);
            by_score.then_with(|| (**bytes).cmp(member))
        })
    }
}
