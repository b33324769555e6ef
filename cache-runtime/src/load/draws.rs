//! Which hits are audited.
//!
//! Each thread has a sequence of numbers, one a draw, that look random and are the same in each run of the program:
//! `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). A draw asks
//! nothing of other threads, and takes some nanoseconds.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static DRAWS: Draws = Draws::new();
}

/// The draws of one thread.
struct Draws {
    drawn: Cell<u64>,
    /// The site whose hit was drawn and is not audited yet, by its id and one; zero for none.
    due: Cell<u32>,
}

impl Draws {
    fn new() -> Self {
        static THREADS: AtomicU64 = AtomicU64::new(0);
        let thread = THREADS.fetch_add(1, Ordering::Relaxed);
        Self {
            // Far from where the others begin.
            drawn: Cell::new(thread << 40),
            due: Cell::new(0),
        }
    }

    fn next(&self) -> u64 {
        let drawn = self.drawn.get().wrapping_add(1);
        self.drawn.set(drawn);
        drawn
    }
}

/// Whether this hit is one of those that are audited: `share` of all, from 0.0 to 1.0. A thread that is ending audits
/// none.
pub(crate) fn draw(share: f64) -> bool {
    share > 0.0
        && DRAWS
            .try_with(|draws| is_among(draws.next(), share))
            .unwrap_or(false)
}

/// As [`draw`], for a look that goes on elsewhere if this hit is one of them: there it is [taken](take_due).
pub(crate) fn draw_ahead(site: u32, share: f64) -> bool {
    let is_drawn = draw(share);
    if is_drawn {
        let _ = DRAWS.try_with(|draws| draws.due.set(site.wrapping_add(1)));
    }
    is_drawn
}

/// Whether a hit of this site was drawn ahead, which it is once.
pub(crate) fn take_due(site: u32) -> bool {
    let due = DRAWS.try_with(|draws| draws.due.take());
    due.is_ok_and(|due| due == site.wrapping_add(1) && due != 0)
}

/// Whether the number at this place of the sequence is among the smallest of all: as many as this share.
fn is_among(place: u64, share: f64) -> bool {
    let upper = u32::try_from(mixed(place) >> 32).unwrap_or(u32::MAX);
    f64::from(upper) < share * 4_294_967_296.0
}

fn mixed(place: u64) -> u64 {
    let mut mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 1_000_000;

    /// How many of so many draws are among them, of every `step`th from `first` on.
    fn among(share: f64, first: u64, step: u64) -> f64 {
        let places = (0..DRAWS).map(|n| first + n * step);
        let count = places.filter(|place| is_among(*place, share)).count();
        f64::from(u32::try_from(count).unwrap())
    }

    #[test]
    fn as_many_are_drawn_as_asked_for_whoever_draws_between() {
        for share in [0.000_1_f64, 0.001, 0.01, 0.5] {
            let expected = share * 1_000_000.0;
            // Four standard deviations of a binomial count.
            let bound = 4.0 * (expected * (1.0 - share)).sqrt();
            for (first, step) in [(0, 1), (1 << 40, 1), (7, 2), (0, 16), (3, 1_024)] {
                let count = among(share, first, step);
                assert!(
                    (count - expected).abs() < bound,
                    "{share} {first} {step}: {count}"
                );
            }
        }
    }

    #[test]
    fn none_and_all_are_exact() {
        assert!((among(1.0, 0, 1) - 1_000_000.0).abs() < 0.5);
        assert!(!(0..1_000).any(|_| draw(0.0)));
        assert!((0..1_000).all(|_| draw(1.0)));
    }

    #[test]
    fn what_is_drawn_ahead_is_taken_once_and_by_its_own_site() {
        assert!(draw_ahead(0, 1.0));
        assert!(take_due(0));
        assert!(!take_due(0));
        assert!(draw_ahead(7, 1.0));
        assert!(!take_due(8), "another's");
        assert!(!take_due(7), "that look ended otherwise");
        assert!(!draw_ahead(7, 0.0));
        assert!(!take_due(7));
    }
}
