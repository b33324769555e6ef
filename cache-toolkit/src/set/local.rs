//! A set in this process.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::home::Kept;

/// About what a member takes beside its bytes.
const MEMBER: usize = 48;

/// Members in the order of their bytes, so that a page begins behind the last of the one before.
#[derive(Default)]
pub(super) struct Bag {
    members: BTreeSet<Vec<u8>>,
    bytes: usize,
}

impl Kept for Bag {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Bag {
    pub(super) fn add(&mut self, member: &[u8]) -> bool {
        let is_new = self.members.insert(member.to_vec());
        if is_new {
            self.bytes += member.len() + MEMBER;
        }
        is_new
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let was_there = self.members.remove(member);
        if was_there {
            self.bytes -= member.len() + MEMBER;
        }
        was_there
    }

    pub(super) fn contains(&self, member: &[u8]) -> bool {
        self.members.contains(member)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// So many behind a member, and the last of them where more follow.
    pub(super) fn page(&self, after: &[u8], count: u32) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
        let after = (Bound::Excluded(after), Bound::Unbounded);
        let mut rest = self.members.range::<[u8], _>(after).cloned();
        let page: Vec<_> = rest.by_ref().take(count as usize).collect();
        let next = rest.next().and(page.last().cloned());
        (page, next)
    }
}
