//! Places in this process.

use std::collections::HashMap;

use super::Point;
use super::area::Area;
use crate::home::Kept;

/// About what a member takes beside its bytes.
const MEMBER: usize = 80;

/// Points by member. Each look walks through all.
#[derive(Default)]
pub(super) struct Map {
    points: HashMap<Vec<u8>, Point>,
    bytes: usize,
}

impl Kept for Map {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Map {
    pub(super) fn put(&mut self, member: &[u8], point: Point) -> bool {
        let is_new = self
            .points
            .insert(member.to_vec(), point.in_cell())
            .is_none();
        if is_new {
            self.bytes += member.len() + MEMBER;
        }
        is_new
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let was_there = self.points.remove(member).is_some();
        if was_there {
            self.bytes -= member.len() + MEMBER;
        }
        was_there
    }

    pub(super) fn get(&self, member: &[u8]) -> Option<Point> {
        self.points.get(member).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// So many of those inside, the nearest first.
    pub(super) fn search(&self, area: &Area, limit: u32) -> Vec<(Vec<u8>, f64, Point)> {
        let inside = self.points.iter().filter_map(|(member, point)| {
            let distance = area.distance(*point)?;
            Some((member.clone(), distance, *point))
        });
        let mut inside: Vec<_> = inside.collect();
        inside.sort_by(|one, other| one.1.total_cmp(&other.1));
        inside.truncate(limit as usize);
        inside
    }
}
