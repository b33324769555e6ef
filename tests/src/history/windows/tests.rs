//! What two masters at once excuse, and what they don't.

use super::super::arguments::Level;
use super::super::judge::{Facts, History, judge};
use super::super::record::Record;
use super::super::subject::Subject;
use super::*;

const LAG: u64 = 100;

const WINDOW: Window = Window {
    struck: 1_000,
    from: 1_500,
    until: 2_000,
    by_accident: false,
};

/// How many violations there are, and how many apart: version 2 is written at 10 and invalidated
/// for `span`, and another process reads version 1 from `first` to `last`.
fn judged(level: Level, span: [u64; 2], first: u64, last: u64) -> (usize, usize) {
    let (id, number) = (1, 0);
    let subject = Subject::Entry(id);
    let ok = true;
    let writer = [
        Record::Wrote {
            id,
            version: 2,
            at: 10,
        },
        Record::Began {
            number,
            subject,
            at: span[0],
        },
        Record::Ended {
            number,
            ok,
            at: span[1],
        },
    ];
    let reader = [Record::Read {
        id,
        version: 1,
        first,
        last,
        count: 2,
    }];
    let histories = [writer.to_vec(), reader.to_vec()];
    let histories: Vec<_> = (0..)
        .zip(histories)
        .map(|(process, records)| History { process, records })
        .collect();
    let rules = Rules { level, lag: LAG };
    let windows = Windows(vec![WINDOW]);
    let verdict = judge(&histories, &Facts::gather(&histories), rules, &windows);
    (verdict.violations.len(), verdict.apart.len())
}

#[test]
fn reads_in_between_are_judged_apart_and_those_before_and_after_are_not() {
    use Level::{Bounded, Strong};
    for level in [Bounded, Strong] {
        for (began, found) in [(1_499, (1, 0)), (1_500, (0, 1)), (2_000, (0, 1))] {
            assert_eq!(judged(level, [20, 30], began, began), found, "{began}");
        }
    }
    assert_eq!(judged(Strong, [20, 30], 2_001, 2_001), (1, 0));
    assert_eq!(judged(Bounded, [20, 30], 2_000 + LAG, 2_000 + LAG), (0, 1));
    assert_eq!(judged(Bounded, [20, 30], 2_001 + LAG, 2_001 + LAG), (1, 0));
}

#[test]
fn of_a_run_of_reads_the_first_may_be_the_one_that_is_not_excused() {
    assert_eq!(judged(Level::Strong, [20, 30], 1_400, 1_600), (1, 0));
    assert_eq!(judged(Level::Strong, [20, 30], 1_600, 2_100), (1, 0));
    assert_eq!(judged(Level::Strong, [20, 1_450], 1_400, 1_600), (0, 1));
}

#[test]
fn what_was_acknowledged_in_between_may_be_lost_for_good_and_nothing_else() {
    let ever = 10_000;
    for (span, found) in [
        ([20, 1_499], (1, 0)),
        ([20, 1_500], (0, 1)),
        ([1_999, 5_000], (0, 1)),
        ([2_001, 5_000], (1, 0)),
    ] {
        assert_eq!(judged(Level::Bounded, span, ever, ever), found, "{span:?}");
    }
}

#[test]
fn what_failed_since_the_fault_began_may_be_retried_at_either_master() {
    let windows = Windows(vec![WINDOW]);
    let by = |ok, ended| Invalidation {
        process: 0,
        subject: Subject::Entry(1),
        began: 900,
        ended,
        ok,
    };
    assert!(windows.may_have_lost(&by(false, 1_100)));
    assert!(!windows.may_have_lost(&by(true, 1_100)));
    assert!(!windows.may_have_lost(&by(false, 999)));
    assert_eq!(windows.took(), 500);
}
