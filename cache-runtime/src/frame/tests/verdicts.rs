//! What a shape says of types that bincode can't read, and of types no sample satisfies.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize};

use crate::frame::{
    CodecId, Room, Unreadable, Verdict, decode, encode, parse, serializes_as, shape, write,
};
use crate::policy::Compression;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    A { x: u8 },
    B { y: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    A(u8),
    B(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    A(u8),
    B(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Rest {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Extra {
    id: u8,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

/// The type must be refused for bincode and come back by MessagePack.
fn moves<T>(value: T)
where
    T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let shape = shape::<T>();
    assert!(
        matches!(shape.verdict, Verdict::NotBinary(_)),
        "{:?} {}",
        shape.verdict,
        shape.text()
    );
    assert!(serializes_as(&value, &shape).is_err());
    let bytes = encode(CodecId::MessagePack, &value).expect("encodes");
    let header = super::codecs::header(CodecId::MessagePack, Compression::None);
    let bytes = write(&header, &bytes);
    let back: T =
        decode(&parse(&bytes).expect("parses"), Room::for_values(8 << 20)).expect("decodes");
    assert_eq!(back, value);
}

#[test]
fn what_bincode_cannot_read_moves_to_names() {
    moves(Internal::B { y: "b".to_owned() });
    moves(vec![Internal::A { x: 1 }]);
    moves(Adjacent::B("b".to_owned()));
    moves(Untagged::A(1));
    moves((1_u8, Some(Untagged::B("b".to_owned()))));
    moves(Flat {
        id: 1,
        rest: Rest {
            name: "n".to_owned(),
        },
    });
    moves(Extra {
        id: 1,
        rest: [("k".to_owned(), "v".to_owned())].into(),
    });
    moves(serde_json::json!({ "a": [1, null, "x"], "b": { "c": 1.5 } }));
    moves(ByName { id: 7 });
    moves(BTreeMap::from([(1_u8, serde_json::json!([true]))]));
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape is asked for")]
struct Hopeless {
    first: u8,
    #[serde(deserialize_with = "never")]
    never: String,
    last: u8,
}

fn never<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer)?;
    Err(serde::de::Error::custom("never"))
}

#[test]
fn what_no_sample_satisfies_is_partial_and_says_why() {
    let shape = shape::<Hopeless>();
    let Verdict::Partial(why) = &shape.verdict else {
        panic!("{:?}", shape.verdict);
    };
    assert!(
        why.starts_with("no sample satisfies `") && why.contains("Hopeless"),
        "{why}"
    );
    assert!(
        shape.text().contains(r#"U8"u8" String"#),
        "{}",
        shape.text()
    );
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape is asked for")]
struct Endless(Box<Endless>);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its shape is asked for")]
enum Hardly {
    Stuck(Hopeless),
    Fine(u8),
    Also {
        more: Option<Box<Hardly>>,
        last: u16,
    },
}

#[test]
fn one_hopeless_variant_does_not_hide_the_others() {
    let shape = shape::<Hardly>();
    assert!(
        matches!(shape.verdict, Verdict::Partial(_)),
        "{:?}",
        shape.verdict
    );
    let text = shape.text();
    assert!(
        text.contains(r#"|One U8"u8""#) && text.contains(r#"|Struct(["more", "last"]) #"#),
        "{text}"
    );
    assert!(text.contains("U16"), "{text}");
}

#[test]
fn a_type_without_values_ends() {
    assert!(matches!(shape::<Endless>().verdict, Verdict::Partial(_)));
}

struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        assert!(number > 1_000_000, "a value that nobody sends");
        Ok(Self)
    }
}

#[test]
fn a_type_that_panics_on_samples_is_partial() {
    assert!(matches!(
        shape::<(u8, Panics)>().verdict,
        Verdict::Partial(_)
    ));
}

#[test]
fn a_type_that_panics_on_what_was_read_is_unreadable() {
    let header = super::codecs::header(CodecId::Bincode, Compression::None);
    let bytes = write(&header, &[1]);
    let found =
        decode::<Panics>(&parse(&bytes).expect("parses"), Room::for_values(8 << 20)).map(drop);
    assert_eq!(found, Err(Unreadable::Decode));
}

/// Reads maps alone, as some hand-written types do.
#[derive(Debug, PartialEq, Serialize)]
struct ByName {
    id: u8,
}

impl<'de> Deserialize<'de> for ByName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ByName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ByName, A::Error> {
                match map.next_entry::<String, u8>()? {
                    Some((_, id)) => Ok(ByName { id }),
                    None => Err(serde::de::Error::missing_field("id")),
                }
            }
        }

        deserializer.deserialize_struct("ByName", &["id"], Visitor)
    }
}

/// Takes only one of the variants that its parts can have.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Choice")]
struct OnlySecond(Choice);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    First,
    Second(Option<Box<Choice>>),
    Third { last: u8 },
}

impl TryFrom<Choice> for OnlySecond {
    type Error = &'static str;

    fn try_from(choice: Choice) -> Result<Self, Self::Error> {
        match choice {
            Choice::Second(_) => Ok(Self(choice)),
            _ => Err("another"),
        }
    }
}

#[test]
fn a_type_that_takes_one_variant_only_is_known_in_full() {
    let shape = shape::<(OnlySecond, Option<super::zoo::Role>, super::zoo::Expr)>();
    assert_eq!(shape.verdict, Verdict::Full, "{}", shape.text());
}

/// The type of the second part hangs on the value of the first.
#[derive(Debug)]
struct Dependent;

impl<'de> Deserialize<'de> for Dependent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Dependent;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a role and what it holds")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut parts: A,
            ) -> Result<Dependent, A::Error> {
                match parts.next_element()? {
                    Some(super::zoo::Role::Guest) => parts.next_element::<u8>().map(drop)?,
                    _ => parts.next_element::<String>().map(drop)?,
                }
                Ok(Dependent)
            }
        }

        deserializer.deserialize_tuple(2, Visitor)
    }
}

#[test]
fn a_type_whose_parts_hang_on_one_another_is_not_for_bincode() {
    let verdict = shape::<Dependent>().verdict;
    assert!(matches!(verdict, Verdict::NotBinary(_)), "{verdict:?}");
}

#[test]
fn a_type_that_reads_its_parts_by_hand_is_not_called_full() {
    let verdict = shape::<Versioned>().verdict;
    assert!(matches!(verdict, Verdict::ByHand(_)), "{verdict:?}");
}

/// What no sample shows: a value by which it reads one part more.
struct Versioned;

impl<'de> Deserialize<'de> for Versioned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Versioned;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a version and what it has")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut parts: A,
            ) -> Result<Versioned, A::Error> {
                if parts.next_element::<u8>()? == Some(77) {
                    parts.next_element::<u64>()?;
                }
                Ok(Versioned)
            }
        }

        deserializer.deserialize_tuple(2, Visitor)
    }
}

#[test]
fn where_a_panic_ends_the_program_no_sample_is_shown() {
    // Such a program's own shape is this one; see `shape`.
    let shape = crate::frame::shape::untraced();
    assert!(matches!(shape.verdict, Verdict::Partial(_)));
    assert!(!shape.is_positional());
    assert_ne!(shape.fingerprint(|| 1), shape.fingerprint(|| 2));
}

/// Its second variant goes by two names, so its list of names is longer than its variants.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape is asked for")]
enum Aliased {
    A,
    #[serde(alias = "Bee")]
    B(u8),
}

#[test]
fn variants_that_are_refused_as_such_hide_nothing() {
    assert_eq!(shape::<Aliased>().verdict, Verdict::Full);
    // One variant of it belongs to another platform.
    assert_eq!(shape::<std::ffi::OsString>().verdict, Verdict::Full);
}
