//! Values whose `Serialize` writes something else than their `Deserialize` reads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::zoo::{List, Marker};
use crate::frame::{CodecId, Mismatch, encode, serializes_as, shape};

fn check<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> Result<(), Mismatch> {
    serializes_as(value, &shape::<T>())
}

#[derive(Serialize, Deserialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    name: Option<String>,
    age: u8,
}

#[test]
fn a_field_left_out_is_caught_only_when_it_is_left_out() {
    assert_eq!(
        check(&Skips {
            name: Some("a".to_owned()),
            age: 1
        }),
        Ok(())
    );
    assert_eq!(
        check(&Skips { name: None, age: 1 }),
        Err(Mismatch::Structure)
    );
    assert_eq!(
        check(&vec![Skips { name: None, age: 1 }]),
        Err(Mismatch::Structure)
    );
    let map = BTreeMap::from([(1, Some(Skips { name: None, age: 1 }))]);
    assert_eq!(check(&map), Err(Mismatch::Structure));
}

#[derive(Serialize, Deserialize)]
struct SkipsLast {
    age: u8,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    names: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum SkipsInside {
    A {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        x: Option<u8>,
        y: u8,
    },
}

#[test]
fn a_last_field_left_out_is_caught_and_one_in_a_variant() {
    assert_eq!(
        check(&SkipsLast {
            age: 1,
            names: vec![]
        }),
        Err(Mismatch::Structure)
    );
    assert_eq!(
        check(&SkipsInside::A { x: None, y: 1 }),
        Err(Mismatch::Structure)
    );
    assert_eq!(check(&SkipsInside::A { x: Some(1), y: 1 }), Ok(()));
}

#[derive(PartialEq, Serialize, Deserialize)]
struct OneWay {
    #[serde(skip_serializing, default)]
    secret: u32,
    #[serde(skip_deserializing)]
    public: u32,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct BothWays {
    kept: u32,
    #[serde(skip)]
    skipped: u32,
    last: u8,
}

#[test]
fn fields_of_one_direction_are_caught_and_fields_of_none_are_not() {
    assert_eq!(
        check(&OneWay {
            secret: 1,
            public: 2
        }),
        Err(Mismatch::Structure)
    );
    assert_eq!(
        check(&BothWays {
            kept: 1,
            skipped: 2,
            last: 3
        }),
        Ok(())
    );
}

fn as_text<S: Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[derive(Serialize, Deserialize)]
struct OtherKind {
    #[serde(serialize_with = "as_text")]
    number: u32,
}

#[test]
fn another_kind_is_caught() {
    assert_eq!(check(&OtherKind { number: 1 }), Err(Mismatch::Structure));
}

/// The variant skipped on the way in shifts the numbers of those after it.
#[derive(Serialize, Deserialize)]
enum Shifted {
    A,
    #[serde(skip_deserializing)]
    B,
    C,
}

/// As above, but the shifted numbers are all those of some variant.
#[derive(Serialize, Deserialize)]
enum ShiftedBack {
    #[serde(skip_deserializing)]
    A,
    B,
    C,
}

#[test]
fn variants_counted_differently_are_caught() {
    assert_eq!(check(&ShiftedBack::A), Err(Mismatch::Structure));
    assert_eq!(check(&ShiftedBack::B), Err(Mismatch::Structure));
    assert_eq!(check(&ShiftedBack::C), Err(Mismatch::Structure));
    assert_eq!(check(&Shifted::A), Ok(()));
    assert_eq!(check(&Shifted::B), Err(Mismatch::Structure));
    assert_eq!(check(&Shifted::C), Err(Mismatch::Structure));
}

#[derive(Serialize, Deserialize)]
struct Aliases {
    #[serde(alias = "a_first", alias = "z_last")]
    middle: u8,
    #[serde(rename = "kind", alias = "type")]
    kind: Aliased,
}

#[derive(Serialize, Deserialize)]
enum Aliased {
    #[serde(alias = "Aa", alias = "Zz")]
    Mm,
    #[serde(alias = "Bb")]
    Nn(u8),
}

#[test]
fn aliases_raise_no_alarm() {
    assert_eq!(
        check(&Aliases {
            middle: 1,
            kind: Aliased::Mm
        }),
        Ok(())
    );
    assert_eq!(
        check(&Aliases {
            middle: 1,
            kind: Aliased::Nn(1)
        }),
        Ok(())
    );
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent(Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
struct Decorated {
    first_field: Option<Box<Decorated>>,
    second_field: std::borrow::Cow<'static, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Phantom<T> {
    marker: std::marker::PhantomData<T>,
    empty: [u8; 0],
    large: [u16; 32],
}

#[test]
fn ordinary_attributes_raise_no_alarm() {
    assert_eq!(check(&Transparent(vec![1])), Ok(()));
    let inner = Some(Box::new(Decorated::default()));
    assert_eq!(
        check(&Decorated {
            first_field: inner,
            second_field: "x".into()
        }),
        Ok(())
    );
    let phantom = Phantom::<u8> {
        marker: std::marker::PhantomData,
        empty: [],
        large: [1; 32],
    };
    assert_eq!(check(&phantom), Ok(()));
    assert_eq!(check(&std::ffi::OsString::from("x")), Ok(()));
    assert_eq!(check(&c"text".to_owned()), Ok(()));
    assert_eq!(check(&std::num::Wrapping(1_u8)), Ok(()));
    assert_eq!(check(&std::sync::Mutex::new(1_u8)), Ok(()));
}

#[test]
fn what_is_too_deep_to_be_read_is_not_written() {
    assert_eq!(check(&List::of(100)), Ok(()));
    assert_eq!(check(&List::of(1_000)), Err(Mismatch::TooDeep));
    for codec in [CodecId::MessagePack, CodecId::Json] {
        assert!(encode(codec, &List::of(1_000)).is_err());
    }
}

#[test]
fn codecs_with_names_refuse_what_they_would_read_back_as_none() {
    let lost: [Option<Option<u8>>; 1] = [Some(None)];
    for codec in [CodecId::MessagePack, CodecId::Json] {
        assert!(encode(codec, &lost).is_err());
        assert!(encode(codec, &Some(())).is_err());
        assert!(encode(codec, &Some(vec![None::<u8>])).is_ok());
    }
    assert!(encode(CodecId::MessagePack, &Some(Marker)).is_ok());
    assert!(encode(CodecId::Json, &Some(Marker)).is_err());
    assert!(encode(CodecId::Json, &Some(serde_json::Value::Null)).is_err());
    assert!(encode(CodecId::Bincode, &lost).is_ok());
}
