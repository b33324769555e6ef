//! Types of other crates.

use super::{bytes, hex};

#[cfg(feature = "bytes")]
#[test]
fn bytes_are_bytes() {
    assert_eq!(bytes(&::bytes::Bytes::from_static(b"ab")), bytes(b"ab"));
    assert_eq!(bytes(&::bytes::BytesMut::from(&b"ab"[..])), bytes(b"ab"));
    assert_eq!(hex(&::bytes::Bytes::from_static(b"ab")), "31026162");
}

#[cfg(feature = "uuid")]
#[test]
fn a_uuid_is_its_bytes() {
    assert_eq!(
        hex(&uuid::Uuid::from_u128(1)),
        "6800000000000000000000000000000001"
    );
}

#[cfg(feature = "url")]
#[test]
fn a_url_is_its_normalized_text() -> Result<(), url::ParseError> {
    assert_eq!(
        bytes(&url::Url::parse("http://EXAMPLE.org")?),
        bytes("http://example.org/")
    );
    assert_eq!(hex(&url::Url::parse("a:b")?), "3003613a62");
    Ok(())
}

#[cfg(feature = "rust_decimal")]
#[test]
fn a_decimal_is_its_number() {
    use rust_decimal::Decimal;
    assert_eq!(bytes(&Decimal::new(10, 1)), bytes(&Decimal::new(100, 2)));
    assert_ne!(bytes(&Decimal::new(10, 1)), bytes(&Decimal::new(10, 2)));
    assert_ne!(bytes(&Decimal::new(1, 0)), bytes(&Decimal::new(-1, 0)));
    assert_eq!(bytes(&-Decimal::ZERO), bytes(&Decimal::new(0, 5)));
    assert_eq!(
        hex(&Decimal::new(15, 1)),
        "220f00000000000000000000000000000001000000"
    );
}

#[cfg(feature = "serde_json")]
#[test]
fn json_is_canonical() {
    use serde_json::json;
    assert_eq!(
        bytes(&json!({"a": 1, "b": [null]})),
        bytes(&json!({"b": [null], "a": 1}))
    );
    let apart = [
        json!(null),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!("1"),
        json!(true),
        json!([]),
        json!({}),
        json!([1]),
        json!([[1]]),
        json!({"a": 1}),
        json!({"a": 1.0}),
        json!(u64::MAX),
    ];
    let keys: std::collections::BTreeSet<_> = apart.iter().map(bytes).collect();
    assert_eq!(keys.len(), apart.len());
    assert_eq!(
        hex(&json!({"b": 1, "a": null})),
        "430230016101300162130100000000000000"
    );
}

/// 2024-02-29 01:02:03.5 UTC, in each of the three crates and as std's.
#[cfg(all(feature = "chrono", feature = "time", feature = "jiff"))]
mod dates {
    use std::time::{Duration, SystemTime};

    use super::{bytes, hex};

    const SECONDS: i64 = 1_709_168_523;

    #[test]
    fn an_instant_is_one_key_in_every_crate_and_zone() -> Result<(), Box<dyn std::error::Error>> {
        let std = SystemTime::UNIX_EPOCH + Duration::new(SECONDS as u64, 500_000_000);
        assert_eq!(hex(&std), "518bd7df65000000000065cd1d");

        let chrono = chrono::DateTime::from_timestamp(SECONDS, 500_000_000).ok_or("range")?;
        assert_eq!(bytes(&chrono), bytes(&std));
        let east = chrono::FixedOffset::east_opt(7200).ok_or("range")?;
        assert_eq!(bytes(&chrono.with_timezone(&east)), bytes(&std));

        let nanos = i128::from(SECONDS) * 1_000_000_000 + 500_000_000;
        let time = time::OffsetDateTime::from_unix_timestamp_nanos(nanos)?;
        assert_eq!(bytes(&time), bytes(&std));
        assert_eq!(
            bytes(&time.to_offset(time::UtcOffset::from_hms(2, 0, 0)?)),
            bytes(&std)
        );

        let jiff = jiff::Timestamp::from_nanosecond(nanos)?;
        assert_eq!(bytes(&jiff), bytes(&std));
        let zoned = jiff.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(2)));
        assert_eq!(bytes(&zoned), bytes(&std));
        Ok(())
    }

    #[test]
    fn instants_before_1970_agree() -> Result<(), Box<dyn std::error::Error>> {
        let std = bytes(&(SystemTime::UNIX_EPOCH - Duration::from_millis(500)));
        let chrono = chrono::DateTime::from_timestamp_millis(-500).ok_or("range")?;
        assert_eq!(bytes(&chrono), std);
        assert_eq!(
            bytes(&time::OffsetDateTime::from_unix_timestamp_nanos(
                -500_000_000
            )?),
            std
        );
        assert_eq!(bytes(&jiff::Timestamp::from_millisecond(-500)?), std);
        Ok(())
    }

    #[test]
    fn dates_and_times_agree() -> Result<(), Box<dyn std::error::Error>> {
        let chrono = chrono::DateTime::from_timestamp(SECONDS, 5)
            .ok_or("range")?
            .naive_utc();
        let time =
            time::OffsetDateTime::from_unix_timestamp(SECONDS)? + time::Duration::nanoseconds(5);
        let jiff = jiff::civil::datetime(2024, 2, 29, 1, 2, 3, 5);

        assert_eq!(hex(&jiff.date()), "52e8070000021d");
        assert_eq!(bytes(&chrono.date()), bytes(&jiff.date()));
        assert_eq!(bytes(&time.date()), bytes(&jiff.date()));

        assert_eq!(hex(&jiff.time()), "538b0e000005000000");
        assert_eq!(bytes(&chrono.time()), bytes(&jiff.time()));
        assert_eq!(bytes(&time.time()), bytes(&jiff.time()));

        assert_eq!(hex(&jiff), "54e8070000021d8b0e000005000000");
        assert_eq!(bytes(&chrono), bytes(&jiff));
        assert_eq!(
            bytes(&time::PrimitiveDateTime::new(time.date(), time.time())),
            bytes(&jiff)
        );
        Ok(())
    }

    #[test]
    fn durations_agree() {
        let std = bytes(&Duration::from_millis(1500));
        assert_eq!(bytes(&chrono::TimeDelta::milliseconds(1500)), std);
        assert_eq!(bytes(&time::Duration::milliseconds(1500)), std);
        assert_eq!(bytes(&jiff::SignedDuration::from_millis(1500)), std);

        let back = bytes(&chrono::TimeDelta::milliseconds(-1500));
        assert_eq!(bytes(&time::Duration::milliseconds(-1500)), back);
        assert_eq!(bytes(&jiff::SignedDuration::from_millis(-1500)), back);
        assert_ne!(back, std);
    }

    #[test]
    fn offsets_and_names_of_days_agree() -> Result<(), Box<dyn std::error::Error>> {
        let east = bytes(&chrono::FixedOffset::east_opt(7200).ok_or("range")?);
        assert_eq!(bytes(&time::UtcOffset::from_hms(2, 0, 0)?), east);
        assert_eq!(bytes(&jiff::tz::offset(2)), east);
        assert_ne!(bytes(&chrono::Utc), east);

        assert_eq!(bytes(&chrono::Weekday::Sun), bytes(&7_u32));
        assert_eq!(bytes(&time::Weekday::Sunday), bytes(&7_u32));
        assert_eq!(bytes(&jiff::civil::Weekday::Sunday), bytes(&7_u32));
        assert_eq!(bytes(&chrono::Month::May), bytes(&time::Month::May));
        Ok(())
    }

    /// chrono tells a leap second from the second after it, so its key does too.
    #[test]
    fn a_leap_second_has_a_key_of_its_own() -> Result<(), Box<dyn std::error::Error>> {
        let at = |seconds, nanos| {
            chrono::DateTime::from_timestamp(seconds, nanos)
                .map(|time| bytes(&time))
                .ok_or("range")
        };
        assert_ne!(
            at(1_483_228_799, 1_500_000_000)?,
            at(1_483_228_800, 500_000_000)?
        );
        Ok(())
    }
}
