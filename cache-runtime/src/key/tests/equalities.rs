//! The examples of the contract, one by one.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::num::{NonZero, Wrapping};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::bytes;
use crate::key::{CacheKey, KeyWriter, Rounded};

#[test]
fn what_looks_alike_is_told_apart() {
    assert_ne!(bytes(&("ab", "c")), bytes(&("a", "bc")));
    assert_ne!(bytes(&Some(1)), bytes(&1));
    assert_ne!(bytes(&None::<&str>), bytes(""));
    assert_ne!(bytes(&1_u8), bytes(&1_u16));
    assert_ne!(bytes(&1_u32), bytes(&1_i32));
    assert_ne!(bytes("1"), bytes(&1));
    assert_ne!(bytes("1"), bytes(&'1'));
    assert_ne!(bytes(&((1, 2), 3)), bytes(&(1, (2, 3))));
    assert_ne!(bytes(&vec![vec![1], vec![]]), bytes(&vec![vec![], vec![1]]));
    assert_ne!(bytes("a".as_bytes()), bytes("a"));
}

#[test]
fn zeros_are_one_and_nans_are_one() {
    assert_eq!(bytes(&-0.0_f64), bytes(&0.0_f64));
    assert_eq!(bytes(&-0.0_f32), bytes(&0.0_f32));
    assert_eq!(
        bytes(&f64::from_bits(0xfff8_0000_0000_0001)),
        bytes(&f64::NAN)
    );
    assert_eq!(bytes(&f32::from_bits(0xffc0_0001)), bytes(&f32::NAN));
    assert_ne!(bytes(&f64::INFINITY), bytes(&f64::NEG_INFINITY));
}

#[test]
fn wrappers_have_the_key_of_what_they_hold() {
    let text = bytes("ab");
    assert_eq!(bytes(&String::from("ab")), text);
    assert_eq!(bytes(&Box::<str>::from("ab")), text);
    assert_eq!(bytes(&Cow::Borrowed("ab")), text);
    assert_eq!(bytes(&Cow::<str>::Owned("ab".into())), text);
    assert_eq!(bytes(&Rc::new("ab")), text);
    assert_eq!(bytes(&Arc::<str>::from("ab")), text);
    assert_eq!(bytes(&&&"ab"), text);
    assert_eq!(bytes(&NonZero::new(3_u32)), bytes(&Some(3_u32)));
    assert_eq!(bytes(&Wrapping(3_u32)), bytes(&3_u32));
}

#[test]
fn lists_of_the_same_items_are_one_key() {
    fn check<T: CacheKey + Clone>(items: [T; 3]) {
        let list = bytes(&items);
        assert_eq!(bytes(&items.to_vec()), list);
        assert_eq!(bytes(&items[..]), list);
        let [a, b, c] = items;
        let mut wrapped = VecDeque::with_capacity(3);
        wrapped.extend([b, c]);
        wrapped.push_front(a);
        assert!(
            !wrapped.as_slices().1.is_empty(),
            "it should lie in two pieces"
        );
        assert_eq!(bytes(&wrapped), list);
    }
    check([1_u8, 2, 3]);
    check([1_u64, 2, 3]);
    check(["a", "b", "c"]);
}

#[test]
fn sets_and_maps_have_one_order() {
    let up: HashSet<u32> = (0..100).collect();
    let down: HashSet<u32> = (0..100).rev().collect();
    assert_eq!(bytes(&up), bytes(&down));
    assert_eq!(bytes(&up), bytes(&(0..100).collect::<BTreeSet<u32>>()));
    assert_ne!(bytes(&up), bytes(&(0..99).collect::<BTreeSet<u32>>()));

    let swapped = [HashMap::from([(1, 2)]), HashMap::from([(2, 1)])].map(|map| bytes(&map));
    assert_ne!(swapped[0], swapped[1]);
}

#[test]
fn times_before_1970_have_keys_of_their_own() {
    let half = Duration::from_millis(500);
    let epoch = SystemTime::UNIX_EPOCH;
    let times = [
        epoch - half * 3,
        epoch - half * 2,
        epoch - half,
        epoch,
        epoch + half,
    ];
    let keys: BTreeSet<_> = times.iter().map(bytes).collect();
    assert_eq!(keys.len(), times.len());
}

#[test]
fn rounding_makes_near_values_one_key() {
    fn rounded<T: Rounded + ?Sized>(value: &T, decimals: u8) -> Vec<u8> {
        let mut writer = KeyWriter::new();
        value.write_rounded(decimals, &mut writer);
        writer.as_bytes().to_vec()
    }
    assert_eq!(rounded(&0.123_4, 3), rounded(&0.122_6, 3));
    assert_ne!(rounded(&0.123_4, 3), rounded(&0.123_6, 3));
    assert_eq!(rounded(&0.1_f64, 1), bytes(&0.1_f64));
    assert_eq!(rounded(&0.1_f32, 1), bytes(&0.1_f32));
    assert_eq!(rounded(&-0.000_1, 3), bytes(&0.0_f64));
    assert_eq!(rounded(&2.5, 0), bytes(&3.0_f64));
    assert_eq!(rounded(&1e300, 15), bytes(&1e300_f64));
    assert_eq!(rounded(&f64::INFINITY, 3), bytes(&f64::INFINITY));
    assert_eq!(rounded(&f64::NAN, 3), bytes(&f64::NAN));
    assert_eq!(rounded(&Some(1.001), 2), bytes(&Some(1.0)));
    assert_eq!(rounded(&vec![1.001, 2.0], 2), bytes(&[1.0, 2.0]));
    assert_eq!(rounded(&None::<f64>, 2), bytes(&None::<f64>));
}

#[test]
fn an_unusable_key_equals_no_other() {
    let mut first = KeyWriter::new();
    first.unusable("no reason");
    first.unusable("another");
    let mut second = KeyWriter::new();
    second.unusable("no reason");
    assert_eq!(first.failure(), Some("no reason"));
    assert_ne!(first.as_bytes()[..17], second.as_bytes()[..]);
}

#[test]
fn a_writer_shows_no_argument() {
    let shown = format!("{:?}", KeyWriter::of("secret"));
    assert!(
        !shown.contains("secret") && !shown.contains("115"),
        "{shown}"
    );
}
