//! How far apart reads of one entry are, in bytes of others.

/// Bounds of two buckets next to each other are a twelfth of an octave apart or less.
const PER_OCTAVE: usize = 12;

/// To 2^44 bytes, 16 TiB.
const OCTAVES: usize = 44;

const BUCKETS: usize = PER_OCTAVE * OCTAVES;

/// Reads by their distance, each weighed by how many it stands for relative to the others.
#[derive(Debug)]
pub(super) struct Distances {
    reads: Vec<f64>,
    /// Those of a key that was not read before: no memory would have had it.
    first: f64,
}

impl Default for Distances {
    fn default() -> Self {
        Self {
            reads: vec![0.0; BUCKETS],
            first: 0.0,
        }
    }
}

/// The lowest size, in bytes, that the next bucket begins at.
fn bound(bucket: usize) -> f64 {
    (bucket as f64 / PER_OCTAVE as f64).exp2()
}

fn bucket(bytes: f64) -> usize {
    let at = (bytes.max(1.0).log2() * PER_OCTAVE as f64).ceil();
    (at as usize).min(BUCKETS - 1)
}

impl Distances {
    /// A read of an entry after so many bytes of other sampled ones, where this share of all is sampled: memory that has
    /// room for the others and for itself would have had it.
    pub(super) fn add(&mut self, others: u64, own: u64, share: f64) {
        let bytes = others as f64 / share + own as f64;
        self.reads[bucket(bytes)] += 1.0;
    }

    pub(super) fn add_first(&mut self) {
        self.first += 1.0;
    }

    /// From now on a read stands for more than those before did.
    pub(super) fn weigh(&mut self, by: f64) {
        self.reads.iter_mut().for_each(|reads| *reads *= by);
        self.first *= by;
    }

    /// How many reads there were, as weighed.
    fn total(&self) -> f64 {
        self.reads.iter().sum::<f64>() + self.first
    }

    /// The share of reads that memory of each size would have served, where so many were to be expected in all: those that
    /// are missing are of keys read so often that chance decides, and too many are of such keys as well.
    pub(super) fn curve(&self, expected: f64) -> Vec<(f64, f64)> {
        let total = self.total();
        if total <= 0.0 || expected <= 0.0 {
            return Vec::new();
        }
        let mut served = expected - total;
        let mut curve = Vec::new();
        for (at, reads) in self.reads.iter().enumerate() {
            served += reads;
            if *reads > 0.0 {
                curve.push((bound(at), (served / expected).clamp(0.0, 1.0)));
            }
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_in_the_bucket_whose_bound_it_reaches() {
        for bytes in [1.0, 1.5, 2.0, 1_000.0, 1_024.0, 1e12] {
            let at = bucket(bytes);
            assert!(
                bound(at) >= bytes * 0.999_999 && bound(at) <= bytes * 1.07,
                "{bytes}"
            );
        }
        assert_eq!(bucket(1e30), BUCKETS - 1);
    }

    #[test]
    fn what_is_missing_is_of_what_is_read_most() {
        let mut distances = Distances::default();
        distances.add_first();
        distances.add(900, 100, 1.0);
        let curve = distances.curve(4.0);
        assert_eq!(curve.len(), 1);
        let (size, share) = curve[0];
        assert!((1_000.0..1_070.0).contains(&size), "{size}");
        assert!(
            (share - 0.75).abs() < 1e-9,
            "two missing and one of two: {share}"
        );
    }
}
