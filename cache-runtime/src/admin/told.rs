//! A value of any type as JSON text, read from a payload that says what it holds.

use std::fmt::{self, Write};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::hex;

/// The text.
pub(super) struct Told(pub(super) String);

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Teller).map(Self)
    }
}

/// The longest text of a key that is no text itself, as a list or a map.
const LONGEST_KEY: usize = 4 << 10;

struct Teller;

macro_rules! plain {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<String, E> {
            Ok(value.to_string())
        }
    )*};
}

impl<'de> Visitor<'de> for Teller {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    plain! {
        visit_bool: bool,
        visit_i64: i64,
        visit_u64: u64,
        visit_i128: i128,
        visit_u128: u128,
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(match value.is_finite() {
            // It tells a whole number from an integer.
            true => format!("{value:?}"),
            false => quoted(&value.to_string()),
        })
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<String, E> {
        Ok(match value.is_finite() {
            true => format!("{value:?}"),
            false => quoted(&value.to_string()),
        })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(quoted(value))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<String, E> {
        Ok(quoted(&hex(value)))
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }

    fn visit_none<E: Error>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<String, D::Error> {
        value.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<String, D::Error> {
        value.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<String, A::Error> {
        let mut text = String::from("[");
        while let Some(Told(part)) = parts.next_element()? {
            separate(&mut text);
            text.push_str(&part);
        }
        text.push(']');
        Ok(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<String, A::Error> {
        let mut text = String::from("{");
        while let Some((Told(key), Told(value))) = parts.next_entry()? {
            separate(&mut text);
            match key.starts_with('"') {
                true => text.push_str(&key),
                // Quotes in quotes are twice as long at each level.
                false if key.len() > LONGEST_KEY => {
                    return Err(A::Error::custom("a key is too long"));
                }
                false => text.push_str(&quoted(&key)),
            }
            text.push(':');
            text.push_str(&value);
        }
        text.push('}');
        Ok(text)
    }
}

fn separate(text: &mut String) {
    if text.len() > 1 {
        text.push(',');
    }
}

/// A string of JSON (RFC 8259, 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            // Writing to a string does not fail.
            c if c < ' ' => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;
    use crate::frame::{CodecId, Room, decode_payload, encode};

    #[derive(Serialize)]
    struct All<'a> {
        text: &'a str,
        numbers: (u8, i64, f64, f64),
        none: Option<u8>,
        keys: BTreeMap<u8, Vec<bool>>,
        nothing: (),
    }

    fn all() -> All<'static> {
        All {
            text: "a\"\\\u{1}\u{202e}é",
            numbers: (7, -9, 1.5, 2.0),
            none: None,
            keys: BTreeMap::from([(1, vec![true, false]), (2, Vec::new())]),
            nothing: (),
        }
    }

    #[test]
    fn both_codecs_with_names_are_told_as_the_same_json() {
        for codec in [CodecId::MessagePack, CodecId::Json] {
            let payload = encode(codec, &all()).unwrap();
            let room = Room::for_values(1 << 20);
            let Told(text) = decode_payload(codec, &payload, room).unwrap();
            let told: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(told, serde_json::to_value(all()).unwrap(), "{codec:?}");
        }
    }

    #[test]
    fn what_json_has_no_form_for_is_told_as_text() {
        let odd = (f64::NAN, f32::INFINITY, serde_json::Map::new());
        let payload = encode(CodecId::MessagePack, &odd).unwrap();
        let room = Room::for_values(1 << 20);
        let Told(text) = decode_payload(CodecId::MessagePack, &payload, room).unwrap();
        assert_eq!(text, r#"["NaN","inf",{}]"#);
    }

    #[test]
    fn nonsense_is_not_told() {
        let room = Room::for_values(1 << 20);
        let deep = [0x91; 100_000];
        // A map whose key is a map whose key is one, and so on: as text each level is twice as long.
        let keys = [vec![0x81; 60], vec![0x01; 61]].concat();
        for (codec, payload) in [
            (CodecId::MessagePack, deep.as_slice()),
            (CodecId::MessagePack, b"\xdd\xff\xff\xff\xff"),
            (CodecId::MessagePack, b"\xc1"),
            (CodecId::MessagePack, keys.as_slice()),
            (CodecId::Json, b"{\"a\":"),
            (CodecId::Json, b"1 2"),
        ] {
            let told = decode_payload::<Told>(codec, payload, room);
            assert!(told.is_err(), "{codec:?}");
        }
    }
}
