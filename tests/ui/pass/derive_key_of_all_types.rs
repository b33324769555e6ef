//! `#[derive(CacheKey)]` on every kind of type: generic, borrowed, nested, without fields, private, in fns.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::rc::Rc;

use cache_runtime::{CacheKey, KeyWriter, cached};

#[derive(CacheKey)]
pub struct Unit;

#[derive(CacheKey)]
pub struct Empty {}

#[derive(CacheKey)]
pub struct EmptyTuple();

#[derive(CacheKey)]
pub enum Never {}

#[derive(Clone, Copy, CacheKey)]
#[repr(u8)]
pub enum Level {
    Low = 1,
    High = 7,
}

#[derive(CacheKey)]
pub struct Generic<'a, T: ?Sized, U = u32, const N: usize = 2>
where
    U: Clone,
{
    pub by_reference: &'a T,
    pub array: [U; N],
    pub of: PhantomData<fn(T)>,
    #[cache_key(skip)]
    pub skipped: Option<&'a std::cell::Cell<u8>>,
}

#[derive(CacheKey)]
pub enum Any<'a, K, V>
where
    K: Ord,
{
    Map(std::collections::BTreeMap<K, V>),
    Text {
        text: Cow<'a, str>,
        level: Level,
    },
    #[cache_key(rename = "tree")]
    Nested(Box<Any<'a, K, V>>),
    #[cache_key(rename = "none")]
    Nothing,
}

pub trait Table {
    type Id;
}

#[derive(CacheKey)]
pub struct Row<T: Table> {
    pub id: T::Id,
    pub other: Option<<T as Table>::Id>,
}

fn write(value: &Rc<u8>, writer: &mut KeyWriter) {
    value.write(writer);
}

#[derive(CacheKey)]
#[cache_key(rename = "money")]
pub struct Money {
    #[cache_key(round = 2, rename = "amount")]
    pub of: f64,
    #[cache_key(with = write)]
    pub with: Rc<u8>,
}

mod inner {
    #[derive(cache_runtime::CacheKey)]
    pub(super) struct Private {
        pub(super) id: u32,
    }
}

#[cached(ttl = "5m", key = (private.id, private))]
async fn of_private(private: inner::Private) -> u32 {
    private.id
}

#[cached(ttl = "5m")]
pub async fn of_all(
    generic: Generic<'_, str>,
    any: Any<'_, u8, u8>,
    unit: (Unit, Empty, EmptyTuple),
    never: Option<Never>,
) -> u32 {
    let _ = (generic, any, unit, never.is_some());
    1
}

impl Table for Unit {
    type Id = u32;
}

#[cached(ttl = "5m")]
pub async fn of_a_row(row: Row<Unit>) -> u32 {
    #[derive(CacheKey)]
    struct Inner<T>(T);

    #[cached(ttl = "5m")]
    async fn inner(key: Inner<u32>) -> u32 {
        key.0
    }

    inner(Inner(row.id)).await
}
