//! JSON: the text that serde_json would write, read back as it was; what would not be is refused.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::zoo::{Everything, Foreign, Marker, Role, for_each_sample};
use crate::frame::{
    CodecId, Mismatch, Room, Unreadable, decode_payload, encode, encoded_len, tells_all,
};

pub(super) fn text<T: Serialize>(value: &T) -> String {
    let bytes = encode(CodecId::Json, value).expect("encodes");
    assert_eq!(encoded_len(CodecId::Json, value), Ok(bytes.len()));
    String::from_utf8(bytes).expect("text")
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    decode_payload(CodecId::Json, text.as_bytes(), Room::for_values(8 << 20))
}

fn refused<T: Serialize>(value: &T) -> Option<Mismatch> {
    encode(CodecId::Json, value).err().map(|error| error.0)
}

/// What serde_json makes of the text is what it makes of the value.
fn as_serde_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let text = text(&value);
    let by_others: Value = serde_json::from_str(&text).expect("JSON");
    let theirs = serde_json::to_string(&value).expect("JSON");
    assert_eq!(
        by_others,
        serde_json::from_str::<Value>(&theirs).expect("JSON")
    );
    assert_eq!(read::<T>(&theirs).as_ref(), Ok(&value), "{theirs}");
    let spaced = serde_json::to_string_pretty(&value).expect("JSON");
    assert_eq!(read::<T>(&spaced).as_ref(), Ok(&value), "{spaced}");
}

#[test]
fn it_is_what_serde_json_writes_and_reads() {
    for_each_sample!(as_serde_json);
}

#[test]
fn values_are_written_as_people_read_them() {
    let foreign: Value = serde_json::from_str(&text(&Foreign::sample())).expect("JSON");
    assert_eq!(foreign["id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(foreign["date"], "2023-11-14");
    assert_eq!(foreign["ip"], "127.0.0.1");
    let everything = text(&Everything::sample());
    let wide = format!("{},{}", i128::MIN, u128::MAX);
    assert!(everything.contains(&wide), "{everything}");
}

#[test]
fn a_key_that_is_no_text_is_quoted() {
    fn keyed<K>(key: K, expected: &str)
    where
        K: Serialize + DeserializeOwned + Ord + Debug,
    {
        let map = BTreeMap::from([(key, 1)]);
        let written = text(&map);
        assert_eq!(written, format!("{{\"{expected}\":1}}"));
        assert_eq!(read(&written), Ok(map));
    }
    keyed(7_u8, "7");
    keyed(i64::MIN, "-9223372036854775808");
    keyed(u128::MAX, "340282366920938463463374607431768211455");
    keyed(true, "true");
    keyed('é', "é");
    keyed(Some(3_u16), "3");
    keyed(std::num::NonZeroU8::MIN, "1");
    keyed(uuid::Uuid::nil(), "00000000-0000-0000-0000-000000000000");
    keyed("a\"b".to_owned(), "a\\\"b");
    let by_role = HashMap::<String, u8>::from([("Admin".to_owned(), 1)]);
    assert_eq!(
        text(&[(Role::Admin, 1)].into_iter().collect::<Pairs>()),
        text(&by_role)
    );
    for wrong in [
        "{7:1}",
        "{null:1}",
        "{\" 7x\":1}",
        "{\"\":1}",
        "{[7]:1}",
        "{\"7\":1,}",
    ] {
        assert_eq!(
            read::<BTreeMap<u8, u8>>(wrong),
            Err(Unreadable::Decode),
            "{wrong}"
        );
        let optional = read::<BTreeMap<Option<u8>, u8>>(wrong);
        assert_eq!(optional, Err(Unreadable::Decode), "{wrong}");
    }
}

/// A map whose keys are variants.
struct Pairs(Vec<(Role, u8)>);

impl FromIterator<(Role, u8)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (Role, u8)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Serialize for Pairs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[test]
fn what_json_has_no_form_for_is_refused_and_says_why() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(&vec![number]), Some(Mismatch::NotFinite));
        assert_eq!(refused(&Some(number as f32)), Some(Mismatch::NotFinite));
    }
    let keyed = [
        refused(&BTreeMap::from([((1, 2), 1)])),
        refused(&BTreeMap::from([(None::<u8>, 1)])),
        refused(&BTreeMap::from([((), 1)])),
        refused(&BTreeMap::from([(vec![1], 1)])),
        refused(&BTreeMap::from([(Bytes::from_static(b"a"), 1)])),
        refused(&BTreeMap::from([(Ok::<u8, u8>(1), 1)])),
        refused(&BTreeMap::from([(BTreeMap::from([(1, 1)]), 1)])),
    ];
    // Those of `Bytes` are written as a list.
    assert_eq!(keyed, [Some(Mismatch::Key); 7]);
    assert_eq!(refused(&Some(())), Some(Mismatch::NestedNone));
    assert_eq!(refused(&Some(Marker)), Some(Mismatch::NestedNone));
    assert_eq!(refused(&Some(None::<u8>)), Some(Mismatch::NestedNone));
}

#[test]
fn a_payload_of_another_codec_is_no_json() {
    for codec in [CodecId::Bincode, CodecId::MessagePack] {
        let payload = encode(codec, &Everything::sample()).expect("encodes");
        let read = decode_payload::<Everything>(CodecId::Json, &payload, Room::for_values(1 << 20));
        assert_eq!(read, Err(Unreadable::Decode));
        let json = text(&Everything::sample());
        let read = decode_payload::<Everything>(codec, json.as_bytes(), Room::for_values(1 << 20));
        assert_eq!(read, Err(Unreadable::Decode));
    }
}

#[test]
fn bytes_are_a_list_of_numbers() {
    let bytes = Bytes::from_static(&[0, 7, 255]);
    assert_eq!(text(&bytes), "[0,7,255]");
    assert_eq!(read(&text(&bytes)), Ok(bytes));
    assert_eq!(text(&c"text"), "[116,101,120,116]");
    assert_eq!(read(&text(&c"text")), Ok(c"text".to_owned()));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Asks {
    Numbers(BTreeMap<u32, u8>),
    Words(BTreeMap<String, u8>),
    Whole(i64),
    Wide(u128),
    Part(f64),
    Text(String),
    List(Vec<f32>),
    Raw(Bytes),
}

#[test]
fn a_type_that_asks_what_there_is_finds_it_or_is_refused() {
    let untold = Err(Mismatch::Untold);
    assert_eq!(tells_all(&Asks::Numbers([(1, 1)].into())), untold);
    assert_eq!(tells_all(&Asks::Raw(Bytes::from_static(b"a"))), untold);
    assert_eq!(tells_all(&Asks::Wide(u128::MAX)), untold);
    let told = [
        Asks::Words([("1".to_owned(), 1)].into()),
        Asks::Whole(-1),
        Asks::Part(1.0),
        Asks::Part(-0.0),
        Asks::Part(1e300),
        Asks::Text("1".to_owned()),
        Asks::Text("null".to_owned()),
        Asks::List(vec![0.1, 1.0, 7.038_531e-26, -7.038_531e-26]),
    ];
    for value in told {
        assert_eq!(tells_all(&value), Ok(()));
        assert_eq!(read(&text(&value)), Ok(value));
    }
    // A whole number that takes more than 64 bits is never told as a fraction near it.
    assert_eq!(
        read::<Value>("18446744073709551616"),
        Err(Unreadable::Decode)
    );
}

#[test]
fn only_json_is_read() {
    let wrong = [
        "",
        " ",
        "nul",
        "nulll",
        "tru",
        "True",
        "[1 2]",
        "[1,]",
        "[,1]",
        "[1",
        "1]",
        "[1}",
        "{\"a\":1]",
        "{\"a\"}",
        "{\"a\" 1}",
        "{a:1}",
        "{,}",
        "{\"a\":1,}",
        "'a'",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u+123\"",
        "\"\n\"",
        "01",
        "-01",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "-",
        "--1",
        "1-1",
        "0x1",
        "NaN",
        "Infinity",
        "1e999",
        "-1e999",
        "1 1",
        "{}{}",
        "[]//",
        "\u{feff}1",
        "\u{c}1",
        "1\0",
    ];
    for text in wrong {
        assert_eq!(read::<Value>(text), Err(Unreadable::Decode), "{text:?}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text:?}");
    }
    let not_utf8 = decode_payload::<String>(CodecId::Json, b"\"\xff\"", Room::for_values(1 << 20));
    assert_eq!(not_utf8, Err(Unreadable::Decode));
    let escaped = "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"";
    assert_eq!(read(escaped), Ok("\"\\/\u{8}\u{c}\n\r\té😀".to_owned()));
}

#[test]
fn variants_are_read_in_each_form_that_serde_json_reads() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Form {
        Bare,
        One(u8),
        Two(u8, Vec<u8>),
        Named { a: u8, b: Option<u8> },
    }
    assert_eq!(read("{\"Bare\":null}"), Ok(Form::Bare));
    assert_eq!(
        read("{\"Named\":[1,null]}"),
        Ok(Form::Named { a: 1, b: None })
    );
    assert_eq!(text(&Form::Two(1, vec![])), "{\"Two\":[1,[]]}");
    assert_eq!(text(&Form::One(1)), "{\"One\":1}");
    assert_eq!(
        text(&Form::Named { a: 1, b: None }),
        "{\"Named\":{\"a\":1,\"b\":null}}"
    );
    let wrong = [
        "{}",
        "[]",
        "\"One\"",
        "{\"One\"}",
        "{\"One\":1,\"Bare\":null}",
        "{\"Bare\":1}",
        "{\"Two\":[1]}",
        "{\"Two\":[1,[],1]}",
        "{\"Two\":[1,[]}",
        "{\"One\":1]",
        "[\"One\",1]",
        "{\"One\":1",
        "{\"Named\":{\"a\":1]}",
    ];
    for text in wrong {
        assert_eq!(read::<Form>(text), Err(Unreadable::Decode), "{text}");
        assert!(serde_json::from_str::<Form>(text).is_err(), "{text}");
    }
}
