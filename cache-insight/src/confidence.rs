//! How sure a share is that some samples tell.

/// The most that a confidence is: what figures leave out is never nothing.
const MOST: f64 = 0.99;

/// The chance that a share is over a bound, by so many of so many samples: by the normal distribution around the share of
/// Agresti and Coull (*Approximate is Better than "Exact"*, The American Statistician 52, 1998), two samples added on each
/// side.
pub(crate) fn share_over(hits: u64, of: u64, bound: f64) -> f64 {
    let (count, share) = adjusted(hits, of);
    let error = (share * (1.0 - share) / count).sqrt();
    over(share, error, bound)
}

/// The same of a share that is to be under a bound.
pub(crate) fn share_under(hits: u64, of: u64, bound: f64) -> f64 {
    share_over(of.saturating_sub(hits), of, 1.0 - bound)
}

/// The chance that what was estimated with this standard error is over a bound.
pub(crate) fn over(estimate: f64, error: f64, bound: f64) -> f64 {
    let confidence = match error > 0.0 {
        true => normal((estimate - bound) / error),
        false => f64::from(u8::from(estimate > bound)),
    };
    confidence.clamp(0.0, MOST)
}

/// The least that a share may be, at 97.5 %.
pub(crate) fn least(hits: u64, of: u64) -> f64 {
    let (count, share) = adjusted(hits, of);
    (share - 1.96 * (share * (1.0 - share) / count).sqrt()).max(0.0)
}

/// How far a share may be off, at 95 %.
pub(crate) fn margin(hits: u64, of: u64) -> f64 {
    let (count, share) = adjusted(hits, of);
    1.96 * (share * (1.0 - share) / count).sqrt()
}

fn adjusted(hits: u64, of: u64) -> (f64, f64) {
    let count = of as f64 + 4.0;
    (count, (hits.min(of) as f64 + 2.0) / count)
}

/// The share of the normal distribution that is below a value (Abramowitz and Stegun, *Handbook of Mathematical
/// Functions*, 26.2.17: off by less than 7.5e-8).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let sum = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let tail = density * sum.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    if z >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, share) in [
            (0.0, 0.5),
            (1.0, 0.841_344_7),
            (1.96, 0.975_002_1),
            (-1.0, 0.158_655_3),
            (-3.0, 0.001_349_9),
        ] {
            assert!((normal(z) - share).abs() < 1e-6, "{z}: {}", normal(z));
        }
    }

    #[test]
    fn few_samples_are_not_sure_and_many_are() {
        assert!(share_over(5, 5, 0.9) < 0.5);
        assert!(share_over(200, 200, 0.9) > 0.9);
        assert!(share_over(180, 200, 0.9) < 0.6);
        assert!(share_over(100, 200, 0.9) < 0.001);
        assert!(share_under(1, 200, 0.1) > 0.95);
        assert!(share_over(0, 0, 0.5) < 0.51);
        assert!(least(100, 100) > 0.93 && least(2, 2) < 0.6);
        assert!(share_over(u64::MAX, 10, 0.5) <= MOST);
    }
}
