use std::hash::BuildHasher;

use super::*;
use crate::stamp::{Cell, Cells, Subject};

fn held(until: u64, weight: u32, watch: Watch) -> Arc<Held> {
    Arc::new(Held {
        until: Moment(until),
        stale_until: Moment(until),
        is_stale: false,
        given: Given::default(),
        watch,
        encoded: weight,
        size: weight.into(),
        counters: Arc::default(),
        value: 7_u32,
    })
}

fn key(parts: &[u8]) -> Kept {
    Kept {
        site: 1,
        hash: foldhash::fast::FixedState::default().hash_one(parts),
        parts: parts.into(),
    }
}

#[test]
fn a_value_is_served_until_its_moment_and_then_dropped() {
    let memory = Memory::new(1 << 20, 1 << 10);
    let key = key(b"k");
    assert!(memory.insert(key.clone(), held(10, 1, Cells::default().watch(&[]))));
    let found = memory.get(key.sought(), Moment(9)).unwrap();
    assert_eq!(found.get::<u32>(), Some(7));
    assert_eq!(found.get::<u64>(), None);
    assert!(memory.get(key.sought(), Moment(10)).is_err());
    assert_eq!(memory.len(), 0);
}

#[test]
fn a_flipped_cell_drops_the_value_at_the_next_hit() {
    let memory = Memory::new(1 << 20, 1 << 10);
    let cells = Cells::default();
    let tag = Subject::Tag("t".into());
    let key = key(b"k");
    memory.insert(
        key.clone(),
        held(10, 1, cells.watch(std::slice::from_ref(&tag))),
    );
    assert!(memory.get(key.sought(), Moment(1)).is_ok());
    cells.flip(&tag);
    assert!(memory.get(key.sought(), Moment(1)).is_err());
    assert_eq!(memory.len(), 0);
}

#[test]
fn a_stale_value_and_one_nobody_vouches_for_are_kept_and_not_served() {
    let memory = Memory::new(1 << 20, 1 << 10);
    let key = key(b"k");
    let connection = Arc::new(Cell::until(Moment(5)));
    let mut value = held(
        10,
        1,
        Cells::default()
            .watch(&[])
            .and(std::slice::from_ref(&connection)),
    );
    Arc::get_mut(&mut value).unwrap().stale_until = Moment(20);
    memory.insert(key.clone(), value);
    assert!(memory.get(key.sought(), Moment(4)).is_ok());
    let refused = |now| memory.get(key.sought(), Moment(now)).err();
    assert_eq!(refused(5), Some(Miss::Outage));
    assert_eq!(refused(10), Some(Miss::Expired));
    assert!(memory.peek(key.sought()).is_some());
    connection.extend(Moment(100));
    assert!(memory.get(key.sought(), Moment(9)).is_ok());
    assert_eq!(refused(20), Some(Miss::Expired));
    assert_eq!(memory.len(), 0);
}

#[test]
fn a_value_known_to_be_invalid_is_not_even_shown() {
    let memory = Memory::new(1 << 20, 1 << 10);
    let (key, cells, tag) = (key(b"k"), Cells::default(), Subject::Tag("t".into()));
    let watch = cells.watch(std::slice::from_ref(&tag));
    memory.insert(key.clone(), held(10, 1, watch));
    assert!(memory.peek(key.sought()).is_some());
    cells.flip(&tag);
    assert!(memory.peek(key.sought()).is_none());
}

#[test]
fn keys_are_compared_in_full_even_where_hashes_agree() {
    let memory = Memory::new(1 << 20, 1 << 10);
    let cells = Cells::default();
    let mine = Kept {
        site: 1,
        hash: 5,
        parts: (*b"a").into(),
    };
    memory.insert(mine, held(10, 1, cells.watch(&[])));
    for (site, parts) in [(1, b"b"), (2, b"a")] {
        assert!(
            memory
                .get(
                    Sought {
                        site,
                        hash: 5,
                        parts
                    },
                    Moment(1)
                )
                .is_err()
        );
    }
}

#[test]
fn the_largest_value_is_kept_and_the_total_is_bounded() {
    const MIB: u32 = 1 << 20;
    let memory = Memory::new(64 << 20, 8 << 20);
    for i in 0..100_u32 {
        let key = key(&i.to_le_bytes());
        assert!(
            memory.insert(key, held(10, 8 * MIB, Cells::default().watch(&[]))),
            "{i}"
        );
        assert!(memory.weight() <= 64 << 20);
    }
}

#[test]
fn what_is_larger_than_the_store_is_refused_and_said_so() {
    let memory = Memory::new(1 << 20, 1 << 20);
    let key = key(b"big");
    assert!(!memory.insert(key, held(10, 2 << 20, Cells::default().watch(&[]))));
}
