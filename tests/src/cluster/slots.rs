//! Which slot a key is in.

use super::SLOTS;

/// The slot of a key, by what stands between its first braces if anything does.
pub(super) fn of(key: &[u8]) -> u16 {
    crc16(tagged(key).unwrap_or(key)) % SLOTS
}

fn tagged(key: &[u8]) -> Option<&[u8]> {
    let start = key.iter().position(|byte| *byte == b'{')? + 1;
    let length = key[start..].iter().position(|byte| *byte == b'}')?;
    (length > 0).then(|| &key[start..start + length])
}

/// CRC-16/XMODEM, as the specification of Redis Cluster has it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| match sum >> 15 {
            0 => sum << 1,
            _ => (sum << 1) ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_the_slot_that_redis_says() {
        let known = [("123456789", 12_739), ("k", 7_629), ("a{k}b", 7_629)];
        for (key, slot) in known {
            assert_eq!(of(key.as_bytes()), slot, "{key}");
        }
        assert_ne!(of(b"{}k"), of(b""), "empty braces are no tag");
    }
}
