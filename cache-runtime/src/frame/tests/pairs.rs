//! Pairs of types as two builds have them: none reads what the other stored, wherever it hides.
//!
//! Each row says how the types are known: in full, so that equal types of any build share, or by
//! the executable, so that nothing is shared between builds.

use crate::frame::{Verdict, shape};

/// The two builds' executables.
const OLD: u128 = 1;
const NEW: u128 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Full,
    Executable,
}

fn known(verdict: &Verdict) -> Known {
    match verdict {
        Verdict::Full => Known::Full,
        _ => Known::Executable,
    }
}

macro_rules! pairs {
    ($($name:ident $known:ident { $($before:item)* } { $($after:item)* })*) => {$(
        #[test]
        #[allow(clippy::allow_attributes, dead_code, reason = "only the shapes are asked for")]
        fn $name() {
            mod before {
                use super::super::super::pairs::support::*;
                $(#[derive(Deserialize, Serialize)] $before)*
            }
            mod after {
                use super::super::super::pairs::support::*;
                $(#[derive(Deserialize, Serialize)] $after)*
            }
            let (before, after) = (shape::<before::T>(), shape::<after::T>());
            assert_eq!(known(&before.verdict), Known::$known, "{:?}\n{}", before.verdict, before.text());
            let stored = before.fingerprint(|| OLD);
            assert_ne!(stored, after.fingerprint(|| NEW), "{}\n{}", before.text(), after.text());
            // Where both stand inside others as well.
            let (inner, other) = (shape::<Vec<before::T>>(), shape::<Vec<after::T>>());
            assert_ne!(inner.fingerprint(|| OLD), other.fingerprint(|| NEW));
            // One executable always shares with itself; builds of one type do where it is seen whole.
            assert_eq!(stored, shape::<before::T>().fingerprint(|| OLD));
            let rebuilt = shape::<before::T>().fingerprint(|| NEW);
            assert_eq!(stored == rebuilt, Known::$known == Known::Full);
        }
    )*};
}

/// What the types in the table are made of.
mod support {
    pub(super) use std::collections::{BTreeMap, HashMap};
    pub(super) use std::num::{NonZeroU8, NonZeroU16};
    pub(super) use std::time::Duration;

    pub(super) use bytes::Bytes;
    pub(super) use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
    pub(super) use rust_decimal::Decimal;
    pub(super) use serde::{Deserialize, Serialize};
    pub(super) use time::{OffsetDateTime, PrimitiveDateTime};
    pub(super) use url::Url;
    pub(super) use uuid::Uuid;

    /// Text that no sample satisfies.
    #[derive(Deserialize, Serialize)]
    #[serde(try_from = "String")]
    pub(super) struct OrderId(String);

    impl TryFrom<String> for OrderId {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            let digits = text.strip_prefix("ORD-").ok_or("no prefix")?;
            match digits.len() == 6 && digits.chars().all(|c| c.is_ascii_digit()) {
                true => Ok(Self(text)),
                false => Err("not six digits"),
            }
        }
    }

    macro_rules! unit {
        ($name:ident, $from:ident, $to:ident) => {
            pub(super) mod $name {
                use std::time::Duration;

                use serde::{Deserialize, Deserializer, Serializer};

                pub(in super::super) fn serialize<S: Serializer>(
                    time: &Duration,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    serializer.serialize_u64(time.$to() as u64)
                }

                pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Duration, D::Error> {
                    u64::deserialize(deserializer).map(Duration::$from)
                }
            }
        };
    }

    unit!(seconds, from_secs, as_secs);
    unit!(millis, from_millis, as_millis);
}

mod derived {
    use super::*;

    pairs! {
        swapped_fields Full { pub(super) struct T { a: u32, b: u32 } } { pub(super) struct T { b: u32, a: u32 } }
        swapped_variants Full { pub(super) enum T { Guest, Admin } } { pub(super) enum T { Admin, Guest } }
        renamed_field Full { pub(super) struct T { a: u32 } } { pub(super) struct T { b: u32 } }
        renamed_by_attribute Full { pub(super) struct T { #[serde(rename = "x")] a: u32 } } { pub(super) struct T { #[serde(rename = "y")] a: u32 } }
        renamed_all Full { #[serde(rename_all = "camelCase")] pub(super) struct T { an_id: u32 } } { #[serde(rename_all = "kebab-case")] pub(super) struct T { an_id: u32 } }
        another_alias Full { pub(super) struct T { #[serde(alias = "x")] a: u32 } } { pub(super) struct T { #[serde(alias = "y")] a: u32 } }
        skipped_field Full { pub(super) struct T { a: u32, b: u32 } } { pub(super) struct T { a: u32, #[serde(skip)] b: u32 } }
        renamed_option Full { pub(super) struct T { a: Option<u32> } } { pub(super) struct T { b: Option<u32> } }
        signed_number Full { pub(super) struct T { a: u32 } } { pub(super) struct T { a: i32 } }
        wider_number Full { pub(super) struct T { a: u32 } } { pub(super) struct T { a: u64 } }
        number_or_text Full { pub(super) struct T { a: u32 } } { pub(super) struct T { a: String } }
        tuple_or_array Full { pub(super) struct T { a: (u8, u8, u8) } } { pub(super) struct T { a: [u16; 3] } }
        map_or_pairs Full { pub(super) struct T { a: BTreeMap<u8, u8> } } { pub(super) struct T { a: Vec<(u8, u8)> } }
        key_and_value Full { pub(super) struct T { a: HashMap<u8, u16> } } { pub(super) struct T { a: HashMap<u16, u8> } }
        added_field Full { pub(super) struct T { a: u8 } } { pub(super) struct T { a: u8, #[serde(default)] b: u8 } }
        nested_generics Full { pub(super) struct T { a: P<P<u8>> } pub(super) struct P<X> { x: X, y: u8 } } { pub(super) struct T { a: P<P<u8>> } pub(super) struct P<X> { y: u8, x: X } }
        kind_of_variant Full { pub(super) enum T { A(u8) } } { pub(super) enum T { A { a: u8 } } }
        fields_of_a_variant Full { pub(super) enum T { A { x: u8, y: u8 } } } { pub(super) enum T { A { y: u8, x: u8 } } }
        optional_or_not Full { pub(super) struct T { a: Option<u8> } } { pub(super) struct T { a: Vec<u8> } }
        unit_of_a_newtype Full { pub(super) struct T { a: Metres } pub(super) struct Metres(f64); } { pub(super) struct T { a: Feet } pub(super) struct Feet(f64); }
        transparent_newtype Full { pub(super) struct T { a: Metres } #[serde(transparent)] pub(super) struct Metres(f64); } { pub(super) struct T { a: Feet } #[serde(transparent)] pub(super) struct Feet(f64); }
        transparent_in_an_option Full { pub(super) struct T { a: Option<Metres> } #[serde(transparent)] pub(super) struct Metres(f64); } { pub(super) struct T { a: Option<Feet> } #[serde(transparent)] pub(super) struct Feet(f64); }
        transparent_in_a_list Full { pub(super) struct T { a: Vec<Metres> } #[serde(transparent)] pub(super) struct Metres(f64); } { pub(super) struct T { a: Vec<Feet> } #[serde(transparent)] pub(super) struct Feet(f64); }
        transparent_itself Full { pub(super) struct T { a: Box<Metres>, b: u8 } #[serde(transparent)] pub(super) struct Metres(f64); } { pub(super) struct T { a: Box<Feet>, b: u8 } #[serde(transparent)] pub(super) struct Feet(f64); }
        swapped_newtypes Full { pub(super) struct T { a: A, b: B } #[serde(transparent)] pub(super) struct A(u8); #[serde(transparent)] pub(super) struct B(u8); } { pub(super) struct T { a: B, b: A } #[serde(transparent)] pub(super) struct A(u8); #[serde(transparent)] pub(super) struct B(u8); }
        after_recursion Full { pub(super) enum T { More(Box<T>), Last(u8) } } { pub(super) enum T { More(Box<T>), Last(i8) } }
        result_swapped Full { pub(super) struct T(Result<u8, u16>); } { pub(super) struct T(Result<u16, u8>); }
    }
}

mod foreign {
    use super::*;

    pairs! {
        chrono_date_or_time Full { pub(super) struct T { a: NaiveDate } } { pub(super) struct T { a: NaiveTime } }
        chrono_with_or_without_zone Full { pub(super) struct T { a: DateTime<Utc> } } { pub(super) struct T { a: NaiveDateTime } }
        chrono_utc_or_offset Full { pub(super) struct T { a: DateTime<Utc> } } { pub(super) struct T { a: DateTime<FixedOffset> } }
        chrono_seconds_or_millis Full { pub(super) struct T { #[serde(with = "chrono::serde::ts_seconds")] a: DateTime<Utc> } } { pub(super) struct T { #[serde(with = "chrono::serde::ts_milliseconds")] a: DateTime<Utc> } }
        chrono_seconds_or_micros Full { pub(super) struct T { #[serde(with = "chrono::serde::ts_seconds")] a: DateTime<Utc> } } { pub(super) struct T { #[serde(with = "chrono::serde::ts_microseconds")] a: DateTime<Utc> } }
        chrono_optional_seconds Full { pub(super) struct T { #[serde(with = "chrono::serde::ts_seconds_option")] a: Option<DateTime<Utc>> } } { pub(super) struct T { #[serde(with = "chrono::serde::ts_milliseconds_option")] a: Option<DateTime<Utc>> } }
        uuid_or_bytes Full { pub(super) struct T { a: Uuid } } { pub(super) struct T { a: Vec<u8> } }
        uuid_or_text Full { pub(super) struct T { a: Uuid } } { pub(super) struct T { a: String } }
        nonzero_width Full { pub(super) struct T { a: NonZeroU8 } } { pub(super) struct T { a: NonZeroU16 } }
        nonzero_or_plain Full { pub(super) struct T { a: NonZeroU8 } } { pub(super) struct T { a: u8 } }
        duration_or_pair Full { pub(super) struct T { a: Duration } } { pub(super) struct T { a: (u64, u32) } }
        ip_version Full { pub(super) struct T { a: std::net::Ipv4Addr } } { pub(super) struct T { a: std::net::Ipv6Addr } }
        socket_or_ip Full { pub(super) struct T { a: std::net::SocketAddr } } { pub(super) struct T { a: std::net::IpAddr } }
        path_or_text Full { pub(super) struct T { a: std::path::PathBuf } } { pub(super) struct T { a: String } }
        range_or_pair Full { pub(super) struct T { a: std::ops::Range<u8> } } { pub(super) struct T { a: (u8, u8) } }
        time_with_or_without_offset Full { pub(super) struct T { a: OffsetDateTime } } { pub(super) struct T { a: PrimitiveDateTime } }
        time_date_or_time Full { pub(super) struct T { a: time::Date } } { pub(super) struct T { a: time::Time } }
        time_text_formats Full { pub(super) struct T { #[serde(with = "time::serde::rfc3339")] a: OffsetDateTime } } { pub(super) struct T { #[serde(with = "time::serde::rfc2822")] a: OffsetDateTime } }
        time_seconds_or_millis Executable { pub(super) struct T { #[serde(with = "time::serde::timestamp")] a: OffsetDateTime } } { pub(super) struct T { #[serde(with = "time::serde::timestamp::milliseconds")] a: OffsetDateTime } }
        jiff_instant_or_zoned Full { pub(super) struct T { a: jiff::Timestamp } } { pub(super) struct T { a: jiff::Zoned } }
        jiff_length_or_span Full { pub(super) struct T { a: jiff::SignedDuration } } { pub(super) struct T { a: jiff::Span } }
        jiff_date_or_time Full { pub(super) struct T { a: jiff::civil::Date } } { pub(super) struct T { a: jiff::civil::Time } }
        jiff_seconds_or_millis Full { pub(super) struct T { #[serde(with = "jiff::fmt::serde::timestamp::second::required")] a: jiff::Timestamp } } { pub(super) struct T { #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] a: jiff::Timestamp } }
        jiff_optional_seconds Full { pub(super) struct T { #[serde(with = "jiff::fmt::serde::timestamp::second::optional")] a: Option<jiff::Timestamp> } } { pub(super) struct T { #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")] a: Option<jiff::Timestamp> } }
        bytes_or_list Full { pub(super) struct T { a: Bytes } } { pub(super) struct T { a: Vec<u8> } }
        bytes_or_text Full { pub(super) struct T { a: Bytes } } { pub(super) struct T { a: String } }
        url_or_text Full { pub(super) struct T { a: Url, b: u32 } } { pub(super) struct T { a: String, b: u32 } }
        kind_behind_a_url Full { pub(super) struct T { a: Url, b: u32 } } { pub(super) struct T { a: Url, b: i32 } }
        decimal_or_number Executable { pub(super) struct T { a: Decimal } } { pub(super) struct T { a: f64 } }
        kind_behind_a_decimal Executable { pub(super) struct T { a: Decimal, b: u32 } } { pub(super) struct T { a: Decimal, b: i32 } }
        json_value Executable { pub(super) struct T { a: serde_json::Value, b: R } pub(super) enum R { X, Y } } { pub(super) struct T { a: serde_json::Value, b: R } pub(super) enum R { Y, X } }
    }
}

mod hidden {
    use super::*;

    pairs! {
        role_behind_an_order_id Executable { pub(super) struct T { id: OrderId, r: R } pub(super) enum R { Guest, Admin } } { pub(super) struct T { id: OrderId, r: R } pub(super) enum R { Admin, Guest } }
        fields_behind_an_order_id Executable { pub(super) struct T { id: OrderId, a: u32, b: u32 } } { pub(super) struct T { id: OrderId, b: u32, a: u32 } }
        kind_behind_an_order_id Executable { pub(super) struct T { id: OrderId, a: In } pub(super) struct In { x: u32 } } { pub(super) struct T { id: OrderId, a: In } pub(super) struct In { x: i32 } }
        tuple_behind_an_order_id Executable { pub(super) struct T(OrderId, u32); } { pub(super) struct T(OrderId, i32); }
        variant_behind_an_order_id Executable { pub(super) enum T { A(OrderId, u32), B } } { pub(super) enum T { A(OrderId, i32), B } }
        map_behind_an_order_id Executable { pub(super) struct T { a: BTreeMap<u8, (OrderId, u32)> } } { pub(super) struct T { a: BTreeMap<u8, (OrderId, i32)> } }
        own_seconds_or_millis Executable { pub(super) struct T { #[serde(with = "seconds")] a: Duration } } { pub(super) struct T { #[serde(with = "millis")] a: Duration } }
        own_seconds_in_a_variant Executable { pub(super) enum T { A { #[serde(with = "seconds")] a: Duration } } } { pub(super) enum T { A { #[serde(with = "millis")] a: Duration } } }
        internally_tagged_variants Executable { #[serde(tag = "t")] pub(super) enum T { A { x: u8 }, B { x: u8 } } } { #[serde(tag = "t")] pub(super) enum T { #[serde(rename = "B")] A { x: u8 }, #[serde(rename = "A")] B { x: u8 } } }
        internally_tagged_field Executable { #[serde(tag = "t")] pub(super) enum T { A { x: Option<u8> } } } { #[serde(tag = "t")] pub(super) enum T { A { y: Option<u8> } } }
        internally_tagged_unit Executable { #[serde(tag = "t")] pub(super) enum T { A { #[serde(with = "seconds")] x: Duration } } } { #[serde(tag = "t")] pub(super) enum T { A { #[serde(with = "millis")] x: Duration } } }
        adjacently_tagged_variants Executable { #[serde(tag = "t", content = "c")] pub(super) enum T { A(u8), B(u8) } } { #[serde(tag = "t", content = "c")] pub(super) enum T { #[serde(rename = "B")] A(u8), #[serde(rename = "A")] B(u8) } }
        adjacently_tagged_content Executable { #[serde(tag = "t", content = "c")] pub(super) enum T { A(u8), B(String) } } { #[serde(tag = "t", content = "c")] pub(super) enum T { A(i8), B(String) } }
        untagged_order Executable { #[serde(untagged)] pub(super) enum T { A(u8), B(u8) } } { #[serde(untagged)] pub(super) enum T { B(u8), A(u8) } }
        untagged_fields Executable { #[serde(untagged)] pub(super) enum T { A { x: Option<u8> } } } { #[serde(untagged)] pub(super) enum T { A { y: Option<u8> } } }
        flattened_unit Executable { pub(super) struct T { #[serde(flatten)] a: In } pub(super) struct In { #[serde(with = "chrono::serde::ts_seconds")] at: DateTime<Utc> } } { pub(super) struct T { #[serde(flatten)] a: In } pub(super) struct In { #[serde(with = "chrono::serde::ts_milliseconds")] at: DateTime<Utc> } }
        flattened_option Executable { pub(super) struct T { #[serde(flatten)] a: In } pub(super) struct In { x: Option<u8> } } { pub(super) struct T { #[serde(flatten)] a: In } pub(super) struct In { y: Option<u8> } }
        flattened_map Executable { pub(super) struct T { #[serde(flatten)] a: HashMap<String, u8>, r: Option<u8> } } { pub(super) struct T { #[serde(flatten)] a: HashMap<String, u8>, s: Option<u8> } }
    }
}
