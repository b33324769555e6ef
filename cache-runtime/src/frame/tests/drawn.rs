//! Values and texts of JSON that are drawn at random.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{read, text};
use crate::frame::tells_all;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    words: BTreeMap<String, Option<String>>,
    numbers: HashMap<i64, (u64, i128)>,
    halves: Vec<f32>,
    doubles: Vec<f64>,
    letter: char,
    inner: Vec<Sample>,
    result: Result<Option<u8>, Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
}

fn samples() -> impl Strategy<Value = Sample> {
    let leaf = (
        prop::collection::btree_map(any::<String>(), any::<Option<String>>(), 0..4),
        prop::collection::hash_map(any::<i64>(), any::<(u64, i128)>(), 0..4),
        prop::collection::vec(any::<u32>().prop_map(f32::from_bits), 0..4),
        prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..4),
        any::<char>(),
        any::<Result<Option<u8>, Box<str>>>(),
        any::<Option<String>>(),
    );
    let leaf = leaf.prop_map(
        |(words, numbers, mut halves, mut doubles, letter, result, left_out)| {
            halves.retain(|number| number.is_finite());
            doubles.retain(|number| number.is_finite());
            let inner = Vec::new();
            Sample {
                words,
                numbers,
                halves,
                doubles,
                letter,
                inner,
                result,
                left_out,
            }
        },
    );
    leaf.prop_recursive(4, 16, 3, |inner| {
        let parts = (inner.clone(), prop::collection::vec(inner, 0..3));
        parts.prop_map(|(outer, inner)| Sample { inner, ..outer })
    })
}

/// What can be said in JSON.
fn values() -> impl Strategy<Value = Value> {
    let double = any::<u64>().prop_map(f64::from_bits);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        double
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whether two values are equal, but for the last digits of a fraction, which serde_json may read otherwise than they
/// are written.
fn are_near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| are_near(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let near = |key, value| other.get(key).is_some_and(|other| are_near(value, other));
            one.len() == other.len() && one.iter().all(|(key, value)| near(key, value))
        }
        (Value::Number(number), Value::Number(_)) if number.is_f64() => {
            let parts = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (parts.0 - parts.1).abs() <= parts.0.abs() * 1e-15
        }
        (one, other) => one == other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_value_comes_back_to_the_bit(value in samples()) {
        let written = text(&value);
        let back: Sample = read(&written).expect("reads");
        prop_assert_eq!(&back, &value);
        // Equality takes both zeros for one.
        prop_assert_eq!(text(&back.doubles), text(&value.doubles));
        prop_assert_eq!(serde_json::from_str::<Value>(&written).is_ok(), true);
    }

    #[test]
    fn any_text_of_serde_json_is_read_and_any_of_ours_by_it(value in values()) {
        prop_assert_eq!(tells_all(&value), Ok(()));
        let written = text(&value);
        prop_assert_eq!(read::<Value>(&written), Ok(value.clone()));
        prop_assert_eq!(read::<Value>(&serde_json::to_string(&value).unwrap()), Ok(value.clone()));
        let theirs: Value = serde_json::from_str(&written).expect("JSON");
        prop_assert!(are_near(&theirs, &value), "{}", written);
    }

    #[test]
    fn what_is_near_json_is_read_as_serde_json_reads_it(value in values(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"\\\\ 0-9a-eE.+-]") {
        let mut changed: Vec<char> = text(&value).chars().collect();
        let at = at.index(changed.len());
        changed[at] = with.chars().next().unwrap();
        let changed: String = changed.into_iter().collect();
        let ours = read::<Value>(&changed);
        match (ours, serde_json::from_str::<Value>(&changed)) {
            (Ok(ours), Ok(theirs)) => prop_assert!(are_near(&ours, &theirs), "{}", changed),
            // What it takes for a fraction near the number that is there.
            (Err(_), Ok(_)) => prop_assert!(changed.bytes().filter(u8::is_ascii_digit).count() > 19, "{}", changed),
            (Ok(_), Err(error)) => prop_assert!(false, "{}: {}", changed, error),
            (Err(_), Err(_)) => {}
        }
    }
}
