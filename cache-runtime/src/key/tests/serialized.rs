//! Values by way of their `Serialize`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Serialize, Serializer};

use super::{bytes, hex};
use crate::key::{KeyWriter, Serialized};

#[derive(Serialize)]
struct Named {
    b: u8,
    a: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename = "Named")]
struct Reordered {
    a: Option<&'static str>,
    b: u8,
}

#[derive(Serialize)]
enum Shape {
    Dot,
    Circle(u8),
    Box { w: u8, h: u8 },
    Line(u8, u8),
}

fn serialized<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    bytes(&Serialized(value))
}

#[test]
fn golden() {
    let value = Named { b: 1, a: Some("x") };
    assert_eq!(
        hex(&Serialized(&value)),
        "48054e616d65640201610530017801621001"
    );
    assert_eq!(hex(&Serialized(&Shape::Dot)), "4905536861706503446f7400");
}

#[test]
fn plain_values_have_the_key_they_have_by_themselves() {
    assert_eq!(serialized(&1_u64), bytes(&1_u64));
    assert_eq!(serialized(&-0.0_f64), bytes(&0.0_f64));
    assert_eq!(serialized("ab"), bytes("ab"));
    assert_eq!(serialized(&Some(())), bytes(&Some(())));
    assert_eq!(serialized(&(1_u8, "a")), bytes(&(1_u8, "a")));
    assert_eq!(serialized(&vec!["a", "b"]), bytes(&vec!["a", "b"]));
    let map = HashMap::from([("b", 1_u8), ("a", 2), ("c", 3)]);
    assert_eq!(serialized(&map), bytes(&map));
    assert_eq!(
        serialized(&map.iter().collect::<BTreeMap<_, _>>()),
        bytes(&map)
    );
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let (named, reordered) = (Named { b: 1, a: None }, Reordered { a: None, b: 1 });
    assert_eq!(serialized(&named), serialized(&reordered));
    assert_ne!(serialized(&named), serialized(&Named { b: 0, a: None }));
}

#[test]
fn variants_are_told_apart() {
    let shapes = [
        Shape::Dot,
        Shape::Circle(1),
        Shape::Circle(2),
        Shape::Box { w: 1, h: 2 },
        Shape::Box { w: 2, h: 1 },
        Shape::Line(1, 2),
        Shape::Line(2, 1),
    ];
    let keys: std::collections::BTreeSet<_> = shapes.iter().map(serialized).collect();
    assert_eq!(keys.len(), shapes.len());
}

#[test]
fn what_can_not_be_serialized_is_unusable() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            (1, "begun").serialize(serializer)?;
            Err(serde::ser::Error::custom("it is broken"))
        }
    }
    let broken = [
        KeyWriter::of(&Serialized(&Broken)),
        KeyWriter::of(&Serialized(&Broken)),
    ];
    assert_eq!(broken[0].failure(), Some("it is broken"));
    assert_ne!(broken[0].as_bytes(), broken[1].as_bytes());
    // Nothing of the attempt is left: one byte for the kind, sixteen at random.
    assert_eq!(broken[0].as_bytes().len(), 17);
}

#[test]
fn a_display_that_fails_is_no_panic() {
    struct Shy;
    impl fmt::Display for Shy {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            Err(fmt::Error)
        }
    }
    impl Serialize for Shy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }
    assert!(KeyWriter::of(&Serialized(&Shy)).failure().is_some());

    struct ShyAboutIt;
    impl Serialize for ShyAboutIt {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(Shy))
        }
    }
    assert!(KeyWriter::of(&Serialized(&ShyAboutIt)).failure().is_some());
}
