//! What must change a fingerprint, and what must not.

use serde::{Deserialize, Serialize};

use super::validated::Validated;
use super::zoo::{Everything, Expr, Foreign, Plain, Tree};
use crate::frame::{CodecId, Room, decode, encode, parse, shape, write};

fn fingerprint<T: serde::de::DeserializeOwned>() -> u64 {
    shape::<T>().fingerprint(|| 7)
}

/// Two versions of a type, as two builds have them: all of them must be told apart.
macro_rules! differ {
    ($($name:ident: { $($before:item)* } { $($after:item)* })*) => {$(
        #[test]
        fn $name() {
            mod before {
                use serde::{Deserialize, Serialize};
                $(#[derive(Deserialize, Serialize)] $before)*
            }
            mod after {
                use serde::{Deserialize, Serialize};
                $(#[derive(Deserialize, Serialize)] $after)*
            }
            let (before, after) = (shape::<before::T>(), shape::<after::T>());
            assert_ne!(before.fingerprint(|| 7), after.fingerprint(|| 7), "{}\n{}", before.text(), after.text());
            // Also where the type stands inside others.
            assert_ne!(fingerprint::<Vec<Option<before::T>>>(), fingerprint::<Vec<Option<after::T>>>());
        }
    )*};
}

differ! {
    swapped_fields: { pub(super) struct T { a: u32, b: u32 } } { pub(super) struct T { b: u32, a: u32 } }
    renamed_field: { pub(super) struct T { a: u32 } } { pub(super) struct T { b: u32 } }
    renamed_field_of_a_variant: { pub(super) enum T { A { x: u8 } } } { pub(super) enum T { A { y: u8 } } }
    added_field: { pub(super) struct T { a: u32 } } { pub(super) struct T { a: u32, b: u32 } }
    reordered_variants: { pub(super) enum T { Guest, Admin } } { pub(super) enum T { Admin, Guest } }
    renamed_variant: { pub(super) enum T { Guest, Admin } } { pub(super) enum T { Guest, Root } }
    added_variant: { pub(super) enum T { A } } { pub(super) enum T { A, B } }
    type_of_a_late_variant: { pub(super) enum T { A, B, C(u32) } } { pub(super) enum T { A, B, C(i32) } }
    kind_of_a_variant: { pub(super) enum T { A(u8) } } { pub(super) enum T { A { a: u8 } } }
    tuple_or_newtype_variant: { pub(super) enum T { A(u8, u8) } } { pub(super) enum T { A((u8, u8)) } }
    wider_integer: { pub(super) struct T { a: u32 } } { pub(super) struct T { a: u64 } }
    signed_integer: { pub(super) struct T { a: u32 } } { pub(super) struct T { a: i32 } }
    float_or_integer: { pub(super) struct T { a: f64 } } { pub(super) struct T { a: u64 } }
    optional: { pub(super) struct T { a: u32 } } { pub(super) struct T { a: Option<u32> } }
    inside_an_option: { pub(super) struct T { a: Option<u32> } } { pub(super) struct T { a: Option<u64> } }
    inside_a_sequence: { pub(super) struct T { a: Vec<u8> } } { pub(super) struct T { a: Vec<u16> } }
    tuple_or_struct: { pub(super) struct T(u8, u8); } { pub(super) struct T { a: u8, b: u8 } }
    map_or_sequence: { pub(super) struct T { a: std::collections::BTreeMap<u8, u8> } } { pub(super) struct T { a: Vec<(u8, u8)> } }
    key_of_a_map: { pub(super) struct T(std::collections::BTreeMap<u8, u8>); } { pub(super) struct T(std::collections::BTreeMap<u16, u8>); }
    value_of_a_map: { pub(super) struct T(std::collections::BTreeMap<u8, u8>); } { pub(super) struct T(std::collections::BTreeMap<u8, u16>); }
    sequence_or_array: { pub(super) struct T { a: Vec<u8> } } { pub(super) struct T { a: [u8; 3] } }
    length_of_an_array: { pub(super) struct T { a: [u8; 4] } } { pub(super) struct T { a: [u8; 3] } }
    unit_of_a_newtype: { pub(super) struct T(Celsius); pub(super) struct Celsius(f64); } { pub(super) struct T(Fahrenheit); pub(super) struct Fahrenheit(f64); }
    deep_inside: { pub(super) struct T { a: Vec<Inner> } pub(super) struct Inner { x: u8, y: u8 } } { pub(super) struct T { a: Vec<Inner> } pub(super) struct Inner { y: u8, x: u8 } }
    after_recursion: { pub(super) enum T { Add(Box<T>, Box<T>), Last(u8) } } { pub(super) enum T { Add(Box<T>, Box<T>), Last(u16) } }
    after_a_recursive_field: { pub(super) struct T { next: Option<Box<T>>, last: u8 } } { pub(super) struct T { next: Option<Box<T>>, last: u16 } }
    enum_inside_an_option: { pub(super) struct T(Option<E>); pub(super) enum E { A, B, C(u8) } } { pub(super) struct T(Option<E>); pub(super) enum E { A, B, C(u16) } }
    mutual_recursion: { pub(super) struct T(Vec<E>); pub(super) enum E { More(T), End(u8) } } { pub(super) struct T(Vec<E>); pub(super) enum E { More(T), End(u16) } }
    after_validation: { pub(super) struct T { id: uuid::Uuid, at: chrono::NaiveDate, n: std::num::NonZeroU8, last: u8 } } { pub(super) struct T { id: uuid::Uuid, at: chrono::NaiveDate, n: std::num::NonZeroU8, last: u16 } }
    unit_of_a_timestamp: { pub(super) struct T { #[serde(with = "chrono::serde::ts_seconds")] at: chrono::DateTime<chrono::Utc> } } { pub(super) struct T { #[serde(with = "chrono::serde::ts_milliseconds")] at: chrono::DateTime<chrono::Utc> } }
    kind_of_text: { pub(super) struct T { a: chrono::NaiveDate } } { pub(super) struct T { a: chrono::NaiveTime } }
    which_of_two_enums: { pub(super) struct T { a: A, b: B } pub(super) enum A { X, Y(u8) } pub(super) enum B { X, Y(u16) } } { pub(super) struct T { a: A, b: B } pub(super) enum A { X, Y(u16) } pub(super) enum B { X, Y(u8) } }
}

mod left {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Point {
        pub(super) x: u32,
        pub(super) y: u32,
    }
}

mod right {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Point {
        pub(super) y: u32,
        pub(super) x: u32,
    }
}

#[test]
fn the_same_name_with_swapped_fields_is_caught_where_the_codec_is_blind() {
    let bytes = encode(CodecId::Bincode, &left::Point { x: 1, y: 2 }).expect("encodes");
    let mut header = super::codecs::header(CodecId::Bincode, crate::policy::Compression::None);
    header.shape = fingerprint::<left::Point>();
    let bytes = write(&header, &bytes);
    let frame = parse(&bytes).expect("parses");

    // Without the shape the values would land in each other's fields, and no error would say so.
    let swapped: right::Point =
        decode(&frame, Room::within(1024)).expect("bincode sees no difference");
    assert_eq!((swapped.x, swapped.y), (2, 1));

    assert_eq!(frame.expect(true, fingerprint::<left::Point>()), Ok(()));
    assert_eq!(
        frame.expect(true, fingerprint::<right::Point>()),
        Err(crate::frame::Unreadable::Shape)
    );
    assert_eq!(
        frame.expect(false, fingerprint::<left::Point>()),
        Err(crate::frame::Unreadable::Digest)
    );
}

#[test]
fn types_of_the_same_name_stay_apart_in_one_shape() {
    let both = fingerprint::<(left::Point, right::Point)>();
    assert_ne!(both, fingerprint::<(right::Point, left::Point)>());
    assert_ne!(both, fingerprint::<(left::Point, left::Point)>());

    fn first() -> u64 {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only its shape is asked for")]
        struct Local(u8);
        fingerprint::<(Local, left::Point)>()
    }
    fn second() -> u64 {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only its shape is asked for")]
        struct Local(u16);
        fingerprint::<(Local, left::Point)>()
    }
    assert_ne!(first(), second());
}

#[test]
fn pointers_and_where_a_type_lives_change_nothing() {
    mod elsewhere {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape is asked for")]
        pub(super) struct Point {
            x: u32,
            y: u32,
        }
    }
    assert_eq!(
        fingerprint::<left::Point>(),
        fingerprint::<elsewhere::Point>()
    );
    assert_eq!(fingerprint::<Plain>(), fingerprint::<Box<Plain>>());
    assert_eq!(
        fingerprint::<Plain>(),
        fingerprint::<std::sync::Arc<Plain>>()
    );
    assert_eq!(
        fingerprint::<Vec<u8>>(),
        fingerprint::<std::collections::VecDeque<u8>>()
    );
}

/// Pinned: the fingerprint is part of keys, so a change here makes every entry in every fleet a
/// miss, and must be meant.
#[test]
fn fingerprints_are_the_same_in_every_build() {
    assert_eq!(
        shape::<Plain>().text(),
        "shape 1\nStruct(\"Plain\", [\"id\", \"name\", \"admin\"]) \
         |Struct([\"id\", \"name\", \"admin\"]) U64\"u64\" String\"a string\" Bool\"a boolean\""
    );
    let found = [
        fingerprint::<Plain>(),
        fingerprint::<Everything>(),
        fingerprint::<Foreign>(),
        fingerprint::<Tree>(),
        fingerprint::<Expr>(),
        fingerprint::<Validated>(),
    ];
    assert_eq!(found.map(|found| format!("{found:016x}")), PINNED);
}

const PINNED: [&str; 6] = [
    "2c502535116521c3",
    "ca4c4f8f3c44e569",
    "fc2e42102824060a",
    "b35b0bb1057ff860",
    "b57884f0f303f640",
    "1e7fdd9ec7429c8a",
];

#[test]
fn the_text_of_a_recursive_type_names_every_part_once() {
    assert_eq!(shape::<Expr>().text(), EXPR);
}

const EXPR: &str = r##"shape 1
Enum("Expr", ["Add", "Negate", "Call", "Literal"]) |Tuple(2) #1 #1 |Struct(["inner", "times"]) #1 U8"u8" |Tuple(2) String"a string" #2 |One F64"f64"
Seq |Many #1 |Bare"##;
