use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::recent::SHOWN;
use super::*;
use crate::events::Counters;
use crate::stamp::{Cell, Cells, Subject, Watch};

fn held(until: u64, weight: u32, watch: Watch) -> Arc<Held> {
    Arc::new(Held {
        until: Moment(until),
        stale_until: Moment(until),
        is_stale: false,
        born: 0,
        given: Given::default(),
        id: [0; 16],
        watch,
        encoded: weight,
        size: weight.into(),
        counters: Arc::default(),
        is_out: AtomicBool::new(false),
        places: AtomicU32::new(0),
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

/// Hits this thread's own, or the store, or nothing; tells which.
fn read(
    memory: &Memory,
    key: &Kept,
    now: u64,
    read: &mut dyn FnMut(&Held),
) -> Option<&'static str> {
    let (key, now, mut in_store) = (key.sought(), Moment(now), None);
    let own = on_this_thread(|recent| {
        let slot = memory.fresh(recent, key, now, &mut in_store)?;
        recent.read(slot, read)
    });
    if own.is_some() {
        return Some("thread");
    }
    in_store?.serve(read);
    Some("store")
}

fn hit(memory: &Memory, key: &Kept, now: u64) -> Option<&'static str> {
    let mut value = None;
    let from = read(memory, key, now, &mut |held| value = Some(held.value()));
    assert_eq!(value, from.map(|_| 7_u32));
    from
}

#[test]
fn the_second_hit_of_a_thread_is_its_own_until_the_value_may_not_be_served() {
    let memory = Memory::new(16 << 20, 1 << 10);
    let (key, cells, tag) = (key(b"k"), Cells::default(), Subject::Tag("t".into()));
    let watch = || cells.watch(std::slice::from_ref(&tag));
    assert_eq!(hit(&memory, &key, 1), None);
    memory.insert(key.clone(), held(10, 1, watch()));
    assert_eq!(hit(&memory, &key, 1), Some("store"));
    assert_eq!(hit(&memory, &key, 9), Some("thread"));
    assert_eq!(hit(&memory, &key, 10), None, "expired");
    let other = Memory::new(16 << 20, 1 << 10);
    assert_eq!(hit(&other, &key, 1), None, "another cache's");
    // Another thread has its own.
    std::thread::scope(|scope| {
        let other = scope.spawn(|| [hit(&memory, &key, 1), hit(&memory, &key, 1)]);
        assert_eq!(other.join().unwrap(), [Some("store"), Some("thread")]);
    });
    cells.flip(&tag);
    assert_eq!(hit(&memory, &key, 1), None, "invalidated");
}

#[test]
fn what_is_favoured_outlives_what_is_read_once_and_not_what_is_used_more() {
    let (memory, cells) = (Memory::new(1 << 20, 1 << 10), Cells::default());
    let insert = |name: String, uses| {
        let key = key(name.as_bytes());
        memory.insert(key.clone(), held(10, 1 << 10, cells.watch(&[])));
        memory.favour(key.sought(), uses);
        key
    };
    let there = |keys: &[Kept]| {
        let there = keys
            .iter()
            .filter(|key| memory.peek(key.sought()).is_some());
        there.count()
    };
    let fill = |what: &str, count: u32, uses| {
        let keys = (0..count).map(|n| insert(format!("{what} {n}"), uses));
        keys.collect::<Vec<_>>()
    };
    fill("first", 2_000, 1);
    let (favoured, others): (Vec<_>, Vec<_>) = (0..100)
        .map(|n| {
            (
                insert(format!("high {n}"), 3),
                insert(format!("normal {n}"), 0),
            )
        })
        .unzip();
    fill("read once", 2_000, 0);
    assert_eq!(there(&others), 0);
    let kept = there(&favoured);
    assert!(kept >= 90, "{kept}");
    for round in 0..5 {
        fill(&format!("used {round}"), 2_000, 3);
    }
    assert_eq!(there(&favoured), 0, "nobody has used it");
}

#[test]
fn a_thread_serves_nothing_that_was_replaced_or_evicted() {
    let memory = Memory::new(16 << 20, 1 << 10);
    let (key, cells) = (key(b"k"), Cells::default());
    let insert = |key: &Kept, size| memory.insert(key.clone(), held(10, size, cells.watch(&[])));
    for _ in 0..2 {
        insert(&key, 1);
        assert_eq!(hit(&memory, &key, 1), Some("store"));
        assert_eq!(hit(&memory, &key, 1), Some("thread"));
    }
    // More than the store holds, each of them asked for as often.
    let mut n = 0_u32;
    while memory.peek(key.sought()).is_some() {
        let other = self::key(&n.to_le_bytes());
        insert(&other, 1 << 20);
        (0..3).for_each(|_| {
            read(&memory, &other, 1, &mut |_| ());
        });
        n += 1;
    }
    assert_eq!(hit(&memory, &key, 1), None);
}

#[test]
fn a_value_that_the_store_refuses_takes_the_one_before_it_away() {
    let memory = Memory::new(16 << 20, 1 << 10);
    let (key, cells) = (key(b"k"), Cells::default());
    memory.insert(key.clone(), held(10, 1, cells.watch(&[])));
    assert_eq!(hit(&memory, &key, 1), Some("store"));
    assert!(!memory.insert(key.clone(), held(10, 32 << 20, cells.watch(&[]))));
    assert_eq!(hit(&memory, &key, 1), None);
}

#[test]
fn the_store_sees_what_a_thread_serves() {
    let memory = Memory::new(16 << 20, 1 << 10);
    let (hot, cells) = (key(b"hot"), Cells::default());
    let insert = |key: &Kept| memory.insert(key.clone(), held(10, 4_096, cells.watch(&[])));
    memory.insert(hot.clone(), held(10, 1, cells.watch(&[])));
    // Four times what the store holds, each of it hit, with hits of one value in between, which this thread has.
    for n in 0..16_384_u32 {
        let other = key(&n.to_le_bytes());
        insert(&other);
        (0..2).for_each(|_| drop(memory.get(other.sought(), Moment(1))));
        (0..SHOWN).for_each(|_| {
            read(&memory, &hot, 1, &mut |_| ());
        });
    }
    assert_eq!(hit(&memory, &hot, 1), Some("thread"));
}

#[test]
fn a_large_value_a_long_key_and_a_small_memory_are_left_to_the_store() {
    let cells = Cells::default();
    let twice = |bytes, size, parts: &[u8]| {
        let (memory, key) = (Memory::new(bytes, 1 << 10), key(parts));
        memory.insert(key.clone(), held(10, size, cells.watch(&[])));
        [hit(&memory, &key, 1), hit(&memory, &key, 1)]
    };
    let store = [Some("store"); 2];
    assert_eq!(
        twice(16 << 20, 2_048, &[1; 99]),
        [Some("store"), Some("thread")]
    );
    assert_eq!(twice(16 << 20, 2_049, &[1; 99]), store);
    assert_eq!(twice(16 << 20, 2_048, &[1; 100]), store);
    assert_eq!(twice(1 << 20, 2_048, &[1; 99]), store);
}

#[test]
fn a_value_may_look_into_memory_while_it_is_cloned() {
    let memory = Memory::new(16 << 20, 1 << 10);
    let (a, b, cells) = (key(b"a"), key(b"b"), Cells::default());
    for key in [&a, &b] {
        memory.insert(key.clone(), held(10, 1, cells.watch(&[])));
    }
    assert_eq!(hit(&memory, &a, 1), Some("store"));
    // Meanwhile nothing is noted.
    let from = read(&memory, &a, 1, &mut |_| {
        assert_eq!(
            [hit(&memory, &b, 1), hit(&memory, &b, 1)],
            [Some("store"); 2]
        )
    });
    assert_eq!(from, Some("thread"));
    assert_eq!(
        [hit(&memory, &b, 1), hit(&memory, &b, 1)],
        [Some("store"), Some("thread")]
    );
}

/// A value whose function's figures are these.
fn counted(counters: &Arc<Counters>, weight: u32, watch: &Watch) -> Arc<Held> {
    let mut held = held(u64::MAX, weight, watch.clone());
    if let Some(held) = Arc::get_mut(&mut held) {
        held.counters = Arc::clone(counters);
    }
    held
}

#[test]
fn the_figures_of_functions_are_what_the_store_has() {
    let (memory, cells) = (Memory::new(64 << 10, 1 << 10), Cells::default());
    let counters = [(); 2].map(|()| Arc::<Counters>::default());
    let told = || counters.each_ref().map(|counters| counters.snapshot());
    let watch = cells.watch(&[Subject::Tag("a".into())]);
    let namespace = Arc::from("bounded");
    let mut evicted = 0;
    for n in 0..4_000_u32 {
        let key = key(&(n % 500).to_le_bytes());
        let of = &counters[n as usize % 2];
        // Some are over what a shard takes.
        let held = counted(of, 1 + n * 37 % 40_000, &watch);
        let kept = memory.insert(key.clone(), Arc::clone(&held));
        // As one that is served again, it takes its own place.
        memory.insert(key.clone(), Arc::clone(&held));
        memory.exchange(key.clone(), &held, counted(of, 9, &watch));
        if kept && n % 7 == 0 {
            memory.bound(&key, &namespace, 20);
        }
        let [one, other] = told();
        let entries = one.memory_entries + other.memory_entries;
        assert_eq!(entries, memory.len() as u64, "{n}");
        assert_eq!(
            one.memory_bytes + other.memory_bytes,
            memory.weight(),
            "{n}"
        );
        evicted = one.evictions + other.evictions;
    }
    assert!(evicted > 1_000, "{evicted}");
    cells.flip(&Subject::Tag("a".into()));
    for n in 0..500_u32 {
        let key = key(&n.to_le_bytes());
        // Twice, as another thread may have dropped it before.
        let there = memory.store.get(&key.sought());
        assert!(memory.get(key.sought(), Moment(1)).is_err());
        if let Some(held) = there {
            memory.refuse(key.sought(), &held, Moment(1));
        }
    }
    let [one, other] = told();
    assert_eq!((one.memory_entries, other.memory_entries), (0, 0));
    assert_eq!((one.memory_bytes, other.memory_bytes), (0, 0));
    assert_eq!(
        one.evictions + other.evictions,
        evicted,
        "what is invalid is not evicted"
    );
}

#[test]
fn replacing_a_value_is_no_eviction() {
    let (memory, counters) = (Memory::new(1 << 20, 1 << 10), Arc::<Counters>::default());
    let watch = Cells::default().watch(&[]);
    for _ in 0..10 {
        assert!(memory.insert(key(b"k"), counted(&counters, 10, &watch)));
    }
    let told = counters.snapshot();
    assert_eq!((told.memory_entries, told.evictions), (1, 0));
}

#[test]
fn the_time_of_some_hits_is_measured() {
    let (memory, counters) = (Memory::new(1 << 20, 1 << 10), Arc::<Counters>::default());
    let (key, watch) = (key(b"k"), Cells::default().watch(&[]));
    assert!(memory.insert(key.clone(), counted(&counters, 10, &watch)));
    for _ in 0..10 * 1_024 {
        let mut in_store = None;
        let look = |recent: &Recent| memory.fresh(recent, key.sought(), Moment(1), &mut in_store);
        let slot = on_this_thread(look);
        match in_store {
            Some(found) => found.serve(&mut |_| ()),
            None => assert!(slot.is_some()),
        }
    }
    let told = counters.snapshot();
    assert_eq!(
        (told.memory_hits, told.memory_hit_time.count()),
        (10_240, 10)
    );
}
