//! Exact bytes. A change here is a change of every key in Redis.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Bound;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{CacheKey, KeyWriter, bytes, hex};

macro_rules! golden {
    ($($name:ident { $($value:expr => $hex:literal,)* })*) => {
        $(
            #[test]
            fn $name() {
                $( assert_eq!(hex(&$value), $hex, "{}", stringify!($value)); )*
            }
        )*
    };
}

golden! {
    numbers {
        7_u8 => "1007",
        0x0102_u16 => "110201",
        0x0102_0304_u32 => "1204030201",
        1_u64 => "130100000000000000",
        1_usize => "130100000000000000",
        1_u128 => "1401000000000000000000000000000000",
        -1_i8 => "18ff",
        -2_i16 => "19feff",
        -2_i32 => "1afeffffff",
        -2_i64 => "1bfeffffffffffffff",
        -2_isize => "1bfeffffffffffffff",
        -2_i128 => "1cfeffffffffffffffffffffffffffffff",
        1.5_f32 => "200000c03f",
        1.5_f64 => "21000000000000f83f",
        -0.0_f64 => "210000000000000000",
        f64::NAN => "21000000000000f87f",
        f32::NAN => "200000c07f",
        f64::INFINITY => "21000000000000f07f",
    }

    plain {
        () => "01",
        false => "02",
        true => "03",
        'é' => "28e9000000",
        "" => "3000",
        "ab" => "30026162",
        String::from("ab") => "30026162",
        [1_u8, 2] => "31020102",
        Path::new("a/b") => "3203612f62",
    }

    wrapped {
        None::<u8> => "04",
        Some(1_u8) => "051001",
        Some(Some(1_u8)) => "05051001",
        Some(None::<u8>) => "0504",
        Ok::<u8, ()>(1) => "061001",
        Err::<u8, ()>(()) => "0701",
        Bound::Included(1_u8) => "4905426f756e6408496e636c756465640101301001",
        std::marker::PhantomData::<u8> => "01",
    }

    compound {
        (1_u8,) => "41011001",
        (1_u8, "a") => "41021001300161",
        [1_u16, 2] => "4002110100110200",
        Vec::<String>::new() => "4000",
        vec!["ab", "c"] => "400230026162300163",
        BTreeSet::from([256_u16, 1]) => "4202110001110100",
        BTreeMap::from([("b", 1_u8), ("a", 2)]) => "430230016110023001621001",
        1_u8..3 => "480552616e67650203656e6410030573746172741001",
    }

    time_and_addresses {
        Duration::from_nanos(1) => "5001000000000000000000000000000000",
        SystemTime::UNIX_EPOCH => "51000000000000000000000000",
        SystemTime::UNIX_EPOCH - Duration::from_millis(500) => "51ffffffffffffffff0065cd1d",
        Ipv4Addr::LOCALHOST => "607f000001",
        IpAddr::V6(Ipv6Addr::LOCALHOST) => "6100000000000000000000000000000001",
        SocketAddr::from(([127, 0, 0, 1], 80)) => "627f0000015000",
        SocketAddr::from((Ipv6Addr::LOCALHOST, 80)) =>
            "630000000000000000000000000000000150000000000000000000",
    }
}

#[test]
fn structures_and_variants() {
    let mut writer = KeyWriter::new();
    writer.structure("Point", |fields| {
        fields.field("y", &2_u8).field("x", &1_u8);
    });
    writer.variant("Shape", "Dot", |_| {});
    assert_eq!(
        writer.as_bytes(),
        b"\x48\x05Point\x02\x01x\x10\x01\x01y\x10\x02\x49\x05Shape\x03Dot\x00"
    );
}

#[test]
fn a_length_takes_one_byte_below_255_and_nine_from_there() {
    let starts = |length: usize| bytes("x".repeat(length).as_str())[..10].to_vec();
    assert_eq!(starts(254)[..3], [0x30, 254, b'x']);
    assert_eq!(starts(255), [0x30, 255, 255, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(starts(256), [0x30, 255, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        bytes(&vec![(); 300])[..11],
        [0x40, 255, 44, 1, 0, 0, 0, 0, 0, 0, 1]
    );
}

#[test]
fn a_length_that_was_announced_wrong_is_put_right() {
    struct Liar(std::vec::IntoIter<u16>);
    impl Iterator for Liar {
        type Item = u16;
        fn next(&mut self) -> Option<u16> {
            self.0.next()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (300, None)
        }
    }
    let mut writer = KeyWriter::new();
    "before".write(&mut writer);
    let start = writer.as_bytes().len();
    writer.sequence(Liar(vec![1, 2].into_iter()));
    assert_eq!(writer.as_bytes()[start..], bytes(&[1_u16, 2]));
}
