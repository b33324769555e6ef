//! Types of every sort that a cached function may return.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The samples to put through a test: each a value and, by its type, a shape.
macro_rules! for_each_sample {
    ($check:ident) => {
        $check(crate::frame::tests::zoo::Plain::sample());
        $check(crate::frame::tests::zoo::Everything::sample());
        $check(crate::frame::tests::zoo::Foreign::sample());
        $check(crate::frame::tests::zoo::Tree::sample());
        $check(crate::frame::tests::zoo::Expr::sample());
        $check(crate::frame::tests::zoo::List::sample());
        $check(crate::frame::tests::validated::Validated::sample());
        $check(crate::frame::tests::zoo::Role::Guest);
        $check(vec![crate::frame::tests::zoo::Role::Admin; 3]);
        $check(Some(Some(7_u32)));
        $check(());
        $check(String::from("text"));
        $check((1_u8, -2_i64, 'x', 1.5_f32));
    };
}
pub(super) use for_each_sample;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Plain {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) admin: bool,
}

impl Plain {
    pub(super) fn sample() -> Self {
        Self {
            id: 42,
            name: "Ada".to_owned(),
            admin: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    Guest,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Mixed {
    Unit,
    Newtype(Plain),
    Tuple(u8, String),
    Struct {
        left: i32,
        right: Option<Box<Mixed>>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Marker;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Wrapper<T>(T);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Everything {
    small: (i8, i16, i32, u8, u16, u32),
    large: (i64, u64, i128, u128, usize, isize),
    floats: [f64; 3],
    letter: char,
    mixed: Vec<Mixed>,
    marker: Marker,
    nothing: (),
    wrapped: Wrapper<Option<Role>>,
    ordered: BTreeMap<String, Vec<u8>>,
    hashed: HashMap<u32, HashSet<String>>,
    shared: Arc<str>,
    result: Result<u8, String>,
    nested: Option<Option<u8>>,
}

impl Everything {
    pub(super) fn sample() -> Self {
        let inner = Mixed::Struct {
            left: -1,
            right: Some(Box::new(Mixed::Unit)),
        };
        Self {
            small: (-1, -2, -3, 1, 2, 3),
            large: (i64::MIN, u64::MAX, i128::MIN, u128::MAX, 7, -7),
            floats: [0.0, -1.5, f64::MAX],
            letter: 'é',
            mixed: vec![
                Mixed::Unit,
                Mixed::Newtype(Plain::sample()),
                Mixed::Tuple(9, "nine".to_owned()),
                inner,
            ],
            marker: Marker,
            nothing: (),
            wrapped: Wrapper(Some(Role::Admin)),
            ordered: [("a".to_owned(), vec![1, 2]), ("b".to_owned(), vec![])].into(),
            hashed: [(1, ["x".to_owned()].into()), (2, HashSet::new())].into(),
            shared: "shared".into(),
            result: Err("no".to_owned()),
            nested: Some(Some(1)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Foreign {
    id: Uuid,
    at: DateTime<Utc>,
    offset: DateTime<FixedOffset>,
    date: NaiveDate,
    time: NaiveTime,
    both: NaiveDateTime,
    delta: TimeDelta,
    weekday: Weekday,
    #[serde(with = "chrono::serde::ts_seconds")]
    seconds: DateTime<Utc>,
    ids: Vec<Uuid>,
    one: NonZeroU8,
    some: Option<NonZeroU64>,
    ip: IpAddr,
    socket: SocketAddr,
    path: PathBuf,
    elapsed: Duration,
    system: SystemTime,
    range: std::ops::Range<u8>,
    bound: std::ops::Bound<u8>,
}

impl Foreign {
    pub(super) fn sample() -> Self {
        let at = DateTime::from_timestamp(1_700_000_000, 5_000).expect("in range");
        Self {
            id: Uuid::from_u128(1),
            at,
            offset: at.fixed_offset(),
            date: at.date_naive(),
            time: at.time(),
            both: at.naive_utc(),
            delta: TimeDelta::seconds(3),
            weekday: Weekday::Wed,
            seconds: DateTime::from_timestamp(1_700_000_000, 0).expect("in range"),
            ids: vec![Uuid::nil(), Uuid::max()],
            one: NonZeroU8::MIN,
            some: NonZeroU64::new(5),
            ip: IpAddr::from([127, 0, 0, 1]),
            socket: SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 80)),
            path: PathBuf::from("/a/b"),
            elapsed: Duration::from_millis(1_500),
            system: SystemTime::UNIX_EPOCH + Duration::from_secs(9),
            range: 1..4,
            bound: std::ops::Bound::Excluded(3),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) role: Role,
    pub(super) children: Vec<Tree>,
    pub(super) by_name: BTreeMap<String, Tree>,
}

impl Tree {
    pub(super) fn sample() -> Self {
        let leaf = Self {
            role: Role::Guest,
            children: vec![],
            by_name: BTreeMap::new(),
        };
        Self {
            role: Role::Admin,
            children: vec![leaf.clone(), leaf.clone()],
            by_name: [("leaf".to_owned(), leaf)].into(),
        }
    }
}

/// The recursive variant comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Expr {
    Add(Box<Expr>, Box<Expr>),
    Negate { inner: Box<Expr>, times: u8 },
    Call(String, Vec<Expr>),
    Literal(f64),
}

impl Expr {
    pub(super) fn sample() -> Self {
        let one = || Box::new(Self::Literal(1.0));
        let negate = Self::Negate {
            inner: one(),
            times: 2,
        };
        let call = Self::Call("max".to_owned(), vec![negate, *one()]);
        Self::Add(Box::new(call), one())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct List {
    pub(super) head: u32,
    pub(super) tail: Option<Box<List>>,
}

impl List {
    pub(super) fn sample() -> Self {
        Self::of(5)
    }

    pub(super) fn of(len: u32) -> Self {
        (0..len).fold(
            Self {
                head: 0,
                tail: None,
            },
            |tail, head| Self {
                head,
                tail: Some(Box::new(tail)),
            },
        )
    }
}
