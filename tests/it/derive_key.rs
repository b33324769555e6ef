//! `#[derive(CacheKey)]` as a user writes it.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;

use cache_runtime::{CacheKey, KeyWriter};

pub(crate) fn bytes<T: CacheKey + ?Sized>(value: &T) -> Vec<u8> {
    KeyWriter::of(value).as_bytes().to_vec()
}

#[derive(CacheKey)]
struct Features {
    amount: f64,
    country: String,
    #[cache_key(skip)]
    request_id: u64,
}

fn features(amount: f64, country: &str, request_id: u64) -> Features {
    Features {
        amount,
        country: country.into(),
        request_id,
    }
}

#[test]
fn kept_fields_make_the_key() {
    let one = features(1.5, "de", 1);
    assert_eq!(bytes(&one), bytes(&features(1.5, "de", 2)));
    assert_ne!(bytes(&one), bytes(&features(1.5, "fr", 1)));
    assert_ne!(bytes(&one), bytes(&features(1.6, "de", 1)));
    assert_eq!(one.request_id, 1);
}

#[test]
fn the_bytes_are_pinned() {
    let expected =
        b"\x48\x08Features\x02\x06amount\x21\x00\x00\x00\x00\x00\x00\xf8\x3f\x07country\x30\x02de";
    assert_eq!(bytes(&features(1.5, "de", 1)), expected);
}

#[test]
fn a_structure_written_by_hand_has_the_same_key() {
    let mut writer = KeyWriter::new();
    writer.structure("Features", |fields| {
        fields.field("country", "de").field("amount", &1.5);
    });
    assert_eq!(writer.as_bytes(), bytes(&features(1.5, "de", 1)));
}

mod before {
    #[derive(cache_runtime::CacheKey)]
    pub(crate) struct Range {
        pub(crate) from: u32,
        pub(crate) to: u32,
    }

    #[derive(cache_runtime::CacheKey)]
    pub(crate) enum Order {
        Up,
        Down { by: u8 },
    }
}

mod after {
    #[derive(cache_runtime::CacheKey)]
    pub(crate) struct Range {
        pub(crate) to: u32,
        pub(crate) from: u32,
    }

    #[derive(cache_runtime::CacheKey)]
    #[cache_key(rename = "Order")]
    pub(crate) enum Sorting {
        #[cache_key(rename = "Down")]
        Descending {
            #[cache_key(rename = "by")]
            step: u8,
        },
        Up,
    }
}

#[test]
fn reordering_changes_nothing_and_swapping_values_does() {
    let range = bytes(&before::Range { from: 1, to: 2 });
    assert_eq!(range, bytes(&after::Range { from: 1, to: 2 }));
    assert_ne!(range, bytes(&after::Range { from: 2, to: 1 }));
}

#[test]
fn renaming_keeps_the_key() {
    assert_eq!(bytes(&before::Order::Up), bytes(&after::Sorting::Up));
    let down = after::Sorting::Descending { step: 3 };
    assert_eq!(bytes(&before::Order::Down { by: 3 }), bytes(&down));
}

#[derive(CacheKey)]
struct Unit;

#[derive(CacheKey)]
struct Pair(u8, #[cache_key(skip)] u8, u8);

#[derive(CacheKey)]
enum Shape {
    Dot,
    Empty {},
    Circle(u8),
    Line(u8, u8),
    Box { w: u8, r#type: u8 },
    Labelled(u8, #[cache_key(skip)] String),
}

#[derive(CacheKey)]
enum Never {}

#[test]
fn all_forms_have_keys() {
    let pair = Pair(1, 2, 3);
    assert_eq!(pair.1, 2);
    assert_eq!(bytes(&Unit), b"\x48\x04Unit\x00");
    assert_eq!(bytes(&pair), b"\x48\x04Pair\x02\x010\x10\x01\x012\x10\x03");
    assert_eq!(bytes(&None::<Never>), bytes(&None::<u8>));
    assert_eq!(
        bytes(&Shape::Box { w: 1, r#type: 2 }),
        b"\x49\x05Shape\x03Box\x02\x01w\x10\x01\x04type\x10\x02"
    );
    let shapes = [
        Shape::Dot,
        Shape::Empty {},
        Shape::Circle(1),
        Shape::Circle(2),
        Shape::Line(1, 2),
        Shape::Line(2, 1),
        Shape::Box { w: 1, r#type: 2 },
        Shape::Labelled(1, "a".into()),
    ];
    let keys: BTreeSet<_> = shapes.iter().map(bytes).collect();
    assert_eq!(keys.len(), shapes.len());
    let [.., Shape::Labelled(number, label)] = &shapes else {
        panic!("it is the last")
    };
    assert_eq!(
        bytes(&shapes[7]),
        bytes(&Shape::Labelled(*number, format!("not {label}")))
    );
}

struct NoKey;

trait Source {
    type Id;
}

impl Source for NoKey {
    type Id = u32;
}

#[derive(CacheKey)]
struct Generic<'a, T, S: Source, K, N: ?Sized, const LENGTH: usize>
where
    K: Ord,
{
    value: &'a T,
    list: Vec<Option<T>>,
    id: S::Id,
    qualified: <S as Source>::Id,
    by_key: HashMap<K, [T; LENGTH]>,
    marker: PhantomData<N>,
    #[cache_key(skip)]
    skipped: Option<S>,
}

#[test]
fn only_what_is_written_has_to_be_a_key() {
    let generic = |id| Generic::<_, NoKey, _, NoKey, 1> {
        value: &"a",
        list: vec![None, Some("b")],
        id,
        qualified: 2,
        by_key: HashMap::from([("k", ["v"])]),
        marker: PhantomData,
        skipped: None,
    };
    assert!(generic(1).skipped.is_none());
    assert_eq!(bytes(&generic(1)), bytes(&generic(1)));
    assert_ne!(bytes(&generic(1)), bytes(&generic(2)));
}

#[derive(CacheKey)]
struct Tree<T> {
    value: T,
    children: Vec<Tree<T>>,
}

#[test]
fn a_recursive_type_is_a_key() {
    let leaf = |value| Tree {
        value,
        children: Vec::new(),
    };
    let nested = Tree {
        value: 1,
        children: vec![Tree {
            value: 2,
            children: vec![leaf(3)],
        }],
    };
    let flat = Tree {
        value: 1,
        children: vec![leaf(2), leaf(3)],
    };
    assert_ne!(bytes(&nested), bytes(&flat));
}

#[derive(CacheKey)]
struct Rounding<T> {
    #[cache_key(round = 2)]
    one: f64,
    #[cache_key(round = 0)]
    many: Vec<Option<f32>>,
    #[cache_key(round = 1)]
    any: T,
}

#[test]
fn rounded_floats_share_a_key() {
    let rounding = |one, many, any: f64| {
        bytes(&Rounding {
            one,
            many: vec![None, Some(many)],
            any,
        })
    };
    assert_eq!(rounding(0.123, 1.4, 0.51), rounding(0.118, 0.6, 0.49));
    assert_ne!(rounding(0.123, 1.4, 0.51), rounding(0.126, 1.4, 0.51));
    assert_ne!(rounding(0.123, 1.4, 0.51), rounding(0.123, 1.6, 0.51));
    assert_ne!(rounding(0.123, 1.4, 0.51), rounding(0.123, 1.4, 0.56));
}

mod casing {
    use cache_runtime::KeyWriter;

    pub(crate) fn lower(text: &str, writer: &mut KeyWriter) {
        writer.str(&text.to_lowercase());
    }
}

#[derive(CacheKey)]
struct Search {
    #[cache_key(with = casing::lower, rename = "q")]
    text: String,
}

#[test]
fn a_fn_writes_the_field() {
    let search = |text: &str| bytes(&Search { text: text.into() });
    assert_eq!(search("Tea"), search("tEA"));
    assert_ne!(search("tea"), search("coffee"));
    assert_eq!(search("A"), b"\x48\x06Search\x01\x01q\x30\x01a");
}
