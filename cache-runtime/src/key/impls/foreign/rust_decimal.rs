use rust_decimal::Decimal;

use crate::key::{CacheKey, KeyWriter, kind};

/// The number without trailing zeros: `1.0` and `1.00` compare equal and are one key.
impl CacheKey for Decimal {
    fn write(&self, writer: &mut KeyWriter) {
        let number = self.normalize();
        let mut bytes = [0; 20];
        bytes[..16].copy_from_slice(&number.mantissa().to_le_bytes());
        bytes[16..].copy_from_slice(&number.scale().to_le_bytes());
        writer.put(kind::DECIMAL, bytes);
    }
}
