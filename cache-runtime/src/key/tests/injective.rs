//! Different values, different bytes; and no value's bytes begin another's.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::bytes;
use super::decoder::decode;
use super::tree::{Float, Tree, any_tree};
use crate::key::KeyWriter;

proptest! {
    #[test]
    fn a_key_reads_back_whatever_comes_after_it(tree in any_tree(), after in any::<Vec<u8>>()) {
        let mut written = bytes(&tree);
        written.extend_from_slice(&after);
        let mut rest = &written[..];
        prop_assert_eq!(decode(&mut rest), Some(tree));
        prop_assert_eq!(rest, &after[..]);
    }

    #[test]
    fn bytes_are_equal_exactly_when_values_are(left in any_tree(), right in any_tree()) {
        prop_assert_eq!(bytes(&left) == bytes(&right), left == right);
        prop_assert_eq!(bytes(&left), bytes(&left.clone()));
    }

    #[test]
    fn no_key_begins_another(left in any_tree(), right in any_tree()) {
        if left != right {
            prop_assert!(!bytes(&left).starts_with(&bytes(&right)));
        }
    }

    #[test]
    fn parts_in_a_row_are_told_apart(
        left in prop::collection::vec(any_tree(), 1..4),
        right in prop::collection::vec(any_tree(), 1..4),
    ) {
        let row = |parts: &[Tree]| parts.iter().flat_map(bytes).collect::<Vec<_>>();
        prop_assert_eq!(row(&left) == row(&right), left == right);
    }

    #[test]
    fn the_order_of_entries_never_matters(
        (sorted, shuffled) in prop::collection::btree_map(any_tree(), any_tree(), 0..24)
            .prop_flat_map(|map| {
                let entries: Vec<_> = map.clone().into_iter().collect();
                (Just(map), Just(entries).prop_shuffle())
            })
    ) {
        let mut map = KeyWriter::new();
        map.map(shuffled.iter().map(|(key, value)| (key, value)));
        prop_assert_eq!(map.as_bytes(), bytes(&sorted));

        let mut set = KeyWriter::new();
        set.set(shuffled.iter().map(|(key, _)| key));
        let mut in_order = KeyWriter::new();
        in_order.set(sorted.keys());
        prop_assert_eq!(set.as_bytes(), in_order.as_bytes());
    }

    #[test]
    fn a_hash_map_has_the_key_of_a_sorted_one(entries: HashMap<String, Vec<u32>>) {
        let sorted: BTreeMap<_, _> = entries.clone().into_iter().collect();
        prop_assert_eq!(bytes(&entries), bytes(&sorted));
    }

    #[test]
    fn texts_cut_in_different_places_differ(text in "[ab]{0,8}", cut in 0_usize..9, other in 0_usize..9) {
        let (cut, other) = (cut.min(text.len()), other.min(text.len()));
        prop_assert_eq!(
            bytes(&text.split_at(cut)) == bytes(&text.split_at(other)),
            cut == other
        );
    }
}

/// Every tree over a tiny alphabet, two levels deep: not a sample, all of them.
#[test]
fn all_small_trees_have_keys_of_their_own() {
    let leaves = small_leaves();
    let mut trees = nested(&leaves);
    trees.extend(leaves);
    trees.extend(nested(&trees[..40]));
    trees.sort();
    trees.dedup();
    assert!(trees.len() > 3_000, "only {} trees", trees.len());

    let mut keys: Vec<_> = trees.iter().map(|tree| (bytes(tree), tree)).collect();
    keys.sort();
    for pair in keys.windows(2) {
        // In sorted order, a key stands right before those it begins.
        assert!(
            !pair[1].0.starts_with(&pair[0].0),
            "{:?} begins {:?}",
            pair[0].1,
            pair[1].1
        );
    }
}

fn small_leaves() -> Vec<Tree> {
    let mut leaves = vec![
        Tree::Unit,
        Tree::Bool(false),
        Tree::Bool(true),
        Tree::Byte(0),
        Tree::Byte(1),
        Tree::Unsigned(0),
        Tree::Unsigned(1),
        Tree::Signed(0),
        Tree::Signed(1),
        Tree::Float(Float::new(0.0)),
        Tree::Float(Float::new(f64::NAN)),
        Tree::Char('a'),
        Tree::Optional(None),
        Tree::List(Vec::new()),
        Tree::Map(BTreeMap::new()),
    ];
    for text in ["", "a", "aa", "0"] {
        leaves.push(Tree::Text(text.into()));
        leaves.push(Tree::Bytes(text.into()));
        leaves.push(Tree::Structure(text.into(), BTreeMap::new()));
        leaves.push(Tree::Variant(text.into(), text.into(), BTreeMap::new()));
    }
    leaves
}

fn nested(inner: &[Tree]) -> Vec<Tree> {
    let mut trees = Vec::new();
    for one in inner {
        let field = || BTreeMap::from([("a".to_owned(), one.clone())]);
        trees.push(Tree::Optional(Some(Box::new(one.clone()))));
        trees.push(Tree::List(vec![one.clone()]));
        trees.push(Tree::Structure("a".into(), field()));
        trees.push(Tree::Variant("a".into(), String::new(), field()));
        trees.push(Tree::Variant(String::new(), "a".into(), field()));
        for other in inner {
            trees.push(Tree::List(vec![one.clone(), other.clone()]));
            trees.push(Tree::Pair(Box::new((one.clone(), other.clone()))));
            trees.push(Tree::Map(BTreeMap::from([(one.clone(), other.clone())])));
        }
    }
    trees
}
