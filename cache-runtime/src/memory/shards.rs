//! How many shards: few enough that one holds the largest value allowed.

use quick_cache::{Options, OptionsBuilder};

/// An average entry, for the store's first guess at its table.
const TYPICAL: u64 = 1_024;

/// A shard refuses what is larger than its share of the capacity, silently. So one shard must hold
/// four times the largest value, where the total allows.
pub(super) fn options(bytes: u64, max_value: usize) -> Option<Options> {
    OptionsBuilder::new()
        .weight_capacity(bytes)
        .estimated_items_capacity(items(bytes))
        .shards(count(bytes, max_value))
        .build()
        .ok()
}

pub(super) fn items(bytes: u64) -> usize {
    usize::try_from(bytes / TYPICAL)
        .unwrap_or(usize::MAX)
        .clamp(16, 1 << 20)
}

fn count(bytes: u64, max_value: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(4, std::num::NonZero::get);
    let room = bytes / (4 * max_value.max(1) as u64);
    let most = usize::try_from(room)
        .unwrap_or(usize::MAX)
        .clamp(1, cores * 4);
    // The store rounds up to a power of two; down is what keeps a shard large enough.
    1 << most.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shard_holds_four_of_the_largest_values() {
        const MIB: u64 = 1 << 20;
        for bytes in [MIB, 16 * MIB, 64 * MIB, 100 * MIB, 1_024 * MIB] {
            for max_value in [1 << 10, 1 << 20, 8 << 20] {
                let shards = count(bytes, max_value) as u64;
                assert!(shards.is_power_of_two());
                assert!(shards == 1 || bytes / shards >= 4 * max_value as u64);
            }
        }
    }
}
