//! Which types' keys decide the text that a tag shows of them.

use std::borrow::Cow;
use std::num::NonZero;
use std::sync::Arc;

use crate::key::CacheKey;

#[test]
fn the_key_of_a_plain_id_decides_its_text() {
    assert!(7_u8.__shows_text() && 7_u64.__shows_text() && (-7_isize).__shows_text());
    assert!(true.__shows_text() && 'x'.__shows_text());
    assert!("x".__shows_text() && String::new().__shows_text());
    assert!((&&"x").__shows_text() && Cow::Borrowed("x").__shows_text());
    assert!(Arc::<str>::from("x").__shows_text() && Box::new(7_u32).__shows_text());
    assert!(NonZero::<u32>::MIN.__shows_text());
    assert!(std::net::Ipv4Addr::LOCALHOST.__shows_text());
    #[cfg(feature = "uuid")]
    assert!(uuid::Uuid::nil().__shows_text());
}

#[test]
fn a_key_that_hides_part_of_the_text_does_not_decide_it() {
    assert!(!1.0_f64.__shows_text() && !1.0_f32.__shows_text());
    assert!(!(&&1.0_f64).__shows_text() && !Box::new(1.0_f32).__shows_text());
    assert!(!std::num::Wrapping(1.0_f64).__shows_text());
    #[cfg(feature = "rust_decimal")]
    assert!(!rust_decimal::Decimal::ONE.__shows_text());
    #[cfg(feature = "chrono")]
    assert!(!chrono::DateTime::<chrono::Utc>::MIN_UTC.__shows_text());
    #[cfg(feature = "serde_json")]
    assert!(!serde_json::Value::Null.__shows_text());
}
