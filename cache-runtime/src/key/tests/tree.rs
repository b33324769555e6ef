//! Arbitrary values, nested in each other.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::key::{CacheKey, KeyWriter};

/// A value of any kind; what it writes doesn't say which variant it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    Unit,
    Bool(bool),
    Byte(u8),
    Unsigned(u64),
    Signed(i64),
    Float(Float),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Optional(Option<Box<Tree>>),
    List(Vec<Tree>),
    Pair(Box<(Tree, Tree)>),
    Map(BTreeMap<Tree, Tree>),
    Structure(String, BTreeMap<String, Tree>),
    Variant(String, String, BTreeMap<String, Tree>),
}

/// A float by its bits, of which zero and NaN have one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Float(u64);

impl Float {
    pub(super) fn new(value: f64) -> Self {
        let one = if value.is_nan() {
            f64::NAN
        } else if value == 0.0 {
            0.0
        } else {
            value
        };
        Self(one.to_bits())
    }
}

impl CacheKey for Tree {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Self::Unit => ().write(writer),
            Self::Bool(value) => value.write(writer),
            Self::Byte(value) => value.write(writer),
            Self::Unsigned(value) => value.write(writer),
            Self::Signed(value) => value.write(writer),
            Self::Float(value) => f64::from_bits(value.0).write(writer),
            Self::Char(value) => value.write(writer),
            Self::Text(value) => value.write(writer),
            Self::Bytes(value) => value.write(writer),
            Self::Optional(value) => value.write(writer),
            Self::List(items) => items.write(writer),
            Self::Pair(pair) => pair.write(writer),
            Self::Map(entries) => entries.write(writer),
            Self::Structure(name, fields) => writer.structure(name, |list| {
                for (name, value) in fields {
                    list.field(name, value);
                }
            }),
            Self::Variant(name, variant, fields) => writer.variant(name, variant, |list| {
                // Backwards, for the order must not matter.
                for (name, value) in fields.iter().rev() {
                    list.field(name, value);
                }
            }),
        }
    }
}

/// Trees over so small an alphabet that two of them are often almost equal.
pub(super) fn any_tree() -> impl Strategy<Value = Tree> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let fields = || prop::collection::btree_map(any_text(), inner.clone(), 0..3);
        prop_oneof![
            prop::option::of(inner.clone().prop_map(Box::new)).prop_map(Tree::Optional),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            (inner.clone(), inner.clone()).prop_map(|pair| Tree::Pair(Box::new(pair))),
            prop::collection::btree_map(inner.clone(), inner.clone(), 0..4).prop_map(Tree::Map),
            (any_text(), fields()).prop_map(|(name, fields)| Tree::Structure(name, fields)),
            (any_text(), any_text(), fields())
                .prop_map(|(name, variant, fields)| Tree::Variant(name, variant, fields)),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Tree> {
    prop_oneof![
        Just(Tree::Unit),
        any::<bool>().prop_map(Tree::Bool),
        any::<u8>().prop_map(Tree::Byte),
        prop_oneof![0_u64..3, any::<u64>()].prop_map(Tree::Unsigned),
        prop_oneof![-1_i64..3, any::<i64>()].prop_map(Tree::Signed),
        any::<f64>().prop_map(|value| Tree::Float(Float::new(value))),
        any::<char>().prop_map(Tree::Char),
        any_text().prop_map(Tree::Text),
        prop::collection::vec(prop_oneof![Just(0x30), any::<u8>()], 0..4).prop_map(Tree::Bytes),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ab0]{0,3}", 2 => any::<String>(), 1 => "[ab]{250,260}"]
}
