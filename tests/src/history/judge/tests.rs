//! Histories made by hand: what is a violation, and what only looks like one.

use super::*;

const LAG: u64 = 100;

fn wrote(version: u64, at: u64) -> Record {
    Record::Wrote { id: 1, version, at }
}

fn read(version: u64, began: u64) -> Record {
    Record::Read {
        id: 1,
        version,
        first: began,
        last: began,
        count: 1,
    }
}

/// An invalidation of whatever from `began` to `ended`.
fn invalidated(subject: Subject, began: u64, ended: u64, ok: bool) -> [Record; 2] {
    let number = began;
    let begin = Record::Began {
        number,
        subject,
        at: began,
    };
    let at = ended;
    [begin, Record::Ended { number, ok, at }]
}

fn entry(began: u64, ended: u64) -> [Record; 2] {
    invalidated(Subject::Entry(1), began, ended, true)
}

/// How many violations there are, of a history a process.
fn violations(level: Level, processes: &[&[&[Record]]]) -> usize {
    let histories: Vec<_> = (0..)
        .zip(processes)
        .map(|(process, records)| History {
            process,
            records: records.concat(),
        })
        .collect();
    let rules = Rules { level, lag: LAG };
    let facts = Facts::gather(&histories);
    let verdict = judge(&histories, &facts, rules, &Windows::default());
    assert_eq!((verdict.apart.len(), verdict.reads_apart), (0, 0));
    verdict.violations.len()
}

const LEVELS: [Level; 2] = [Level::Bounded, Level::Strong];

/// Version 2 is written at 10 and invalidated from 20 to 30, acknowledged; then come these reads
/// in the process that did it, and these in another.
fn judged(level: Level, own: &[Record], other: &[Record]) -> usize {
    violations(
        level,
        &[
            &[&[wrote(1, 1), wrote(2, 10)], &entry(20, 30), own],
            &[other],
        ],
    )
}

#[test]
fn an_old_read_in_the_process_that_invalidated_is_a_violation_at_once() {
    for level in LEVELS {
        assert_eq!(judged(level, &[read(1, 31)], &[]), 1);
        assert_eq!(
            judged(level, &[read(1, 30)], &[]),
            0,
            "it began before the return"
        );
        assert_eq!(judged(level, &[read(2, 31), read(3, 32)], &[]), 0);
    }
}

#[test]
fn an_old_read_elsewhere_is_a_violation_at_once_if_strong() {
    assert_eq!(judged(Level::Strong, &[], &[read(1, 31)]), 1);
    assert_eq!(judged(Level::Strong, &[], &[read(1, 30)]), 0);
    assert_eq!(judged(Level::Strong, &[], &[read(2, 31)]), 0);
}

#[test]
fn an_old_read_elsewhere_is_a_violation_after_the_lag_if_bounded() {
    let last = 30 + LAG;
    assert_eq!(judged(Level::Bounded, &[], &[read(1, last)]), 0);
    assert_eq!(judged(Level::Bounded, &[], &[read(1, last + 1)]), 1);
    assert_eq!(judged(Level::Bounded, &[], &[read(2, last + 1)]), 0);
}

#[test]
fn only_what_the_origin_had_when_the_invalidation_began_is_demanded() {
    for level in LEVELS {
        let process: &[&[Record]] = &[
            &[wrote(1, 1), wrote(2, 10)],
            &entry(20, 30),
            &[wrote(3, 21), read(2, 500)],
        ];
        assert_eq!(violations(level, &[process]), 0);
    }
}

#[test]
fn a_failed_invalidation_binds_the_process_that_owes_it_alone() {
    for level in LEVELS {
        let failed = invalidated(Subject::Entry(1), 20, 30, false);
        let writes = [wrote(1, 1), wrote(2, 10)];
        let other: &[&[Record]] = &[&[read(1, 10_000)]];
        assert_eq!(violations(level, &[&[&writes, &failed], other]), 0);
        let own = [read(1, 31)];
        assert_eq!(violations(level, &[&[&writes, &failed, &own], &[]]), 1);
    }
}

/// A put of version 1 that returned then, or never, beside a write of version 2.
fn put(ended: Option<u64>) -> Vec<Record> {
    let (number, id, version) = (9, 1, 1);
    let putting = Record::Putting {
        number,
        id,
        version,
    };
    let ended = ended.map(|at| Record::Ended {
        number,
        ok: true,
        at,
    });
    [Some(putting), ended].into_iter().flatten().collect()
}

#[test]
fn what_was_put_may_be_served_until_an_invalidation_asks_for_more() {
    for level in LEVELS {
        let found = |ended| {
            let writer = [&[wrote(1, 1), wrote(2, 10)][..], &entry(20, 30)].concat();
            violations(level, &[&[&writer], &[&put(ended), &[read(1, 10_000)]]])
        };
        assert_eq!(found(Some(9)), 1, "it was over before the write");
        assert_eq!(
            found(Some(21)),
            0,
            "it may have come after the invalidation"
        );
        assert_eq!(found(None), 0, "nobody knows when it took effect");
    }
}

#[test]
fn an_invalidation_that_never_returned_demands_nothing() {
    for level in LEVELS {
        let [began, _] = entry(20, 30);
        let killed: &[&[Record]] = &[&[wrote(2, 10), began, read(1, 10_000)]];
        assert_eq!(violations(level, &[killed, &[&[read(1, 10_000)]]]), 0);
    }
}

#[test]
fn tags_and_namespaces_cover_their_entries_and_no_others() {
    let covering = [
        Subject::Tag(super::super::subject::tag(1)),
        Subject::Namespace(super::super::subject::namespace(1)),
    ];
    let others = [Subject::Entry(2), Subject::Tag(2), Subject::Namespace(2)];
    for level in LEVELS {
        let found = |subject| {
            let records = invalidated(subject, 20, 30, true);
            let other: &[&[Record]] = &[&[read(1, 10_000)]];
            violations(level, &[&[&[wrote(2, 10)], &records], other])
        };
        assert_eq!(covering.map(found), [1, 1]);
        assert_eq!(others.map(found), [0, 0, 0]);
    }
}

#[test]
fn an_invalidation_covers_what_others_wrote_and_a_later_weaker_one_lifts_nothing() {
    for level in LEVELS {
        let one: &[&[Record]] = &[&entry(20, 400), &[read(1, 401)]];
        let two: &[&[Record]] = &[&[wrote(2, 10)], &entry(5, 300)];
        assert_eq!(violations(level, &[one, two]), 1);
        // The one that began first ends last; the other's floor still stands.
        let three: &[&[Record]] = &[&entry(5, 401), &[read(1, 10_000)]];
        assert_eq!(violations(level, &[&[&entry(20, 400)], two, three]), 1);
    }
}

#[test]
fn a_violation_names_the_invalidation_that_it_breaks() {
    let histories = [History {
        process: 7,
        records: [&[wrote(2, 10)][..], &entry(20, 30), &[read(1, 31)]].concat(),
    }];
    let rules = Rules {
        level: Level::Strong,
        lag: LAG,
    };
    let facts = Facts::gather(&histories);
    let found = judge(&histories, &facts, rules, &Windows::default());
    let broken = Invalidation {
        process: 7,
        subject: Subject::Entry(1),
        began: 20,
        ended: 30,
        ok: true,
    };
    let violation = Violation {
        process: 7,
        id: 1,
        version: 1,
        began: 31,
        floor: 2,
        broken,
    };
    assert_eq!(found.violations, [violation]);
}
