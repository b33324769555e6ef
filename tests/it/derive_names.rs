//! `#[derive(CacheKey)]` under names and paths that its code could trip over.

use cache_runtime::CacheKey;

use crate::derive_key::bytes;

mod renamed {
    pub(crate) mod inner {
        pub(crate) use cache_runtime as runtime;
    }

    #[derive(cache_runtime::CacheKey)]
    #[cache_key(crate = inner::runtime)]
    pub(crate) struct Id(pub(crate) u64);
}

#[derive(CacheKey)]
struct Awkward<'writer> {
    writer: u8,
    r#self_: &'writer str,
    field_writer: u8,
}

#[derive(CacheKey)]
enum AwkwardEnum {
    Writer { writer: u8, field_writer: u8 },
}

#[test]
fn awkward_names_and_paths_work() {
    assert_eq!(
        bytes(&renamed::Id(1)).len(),
        b"\x48\x02Id\x01\x010\x13".len() + 8
    );
    let awkward = |writer| {
        bytes(&Awkward {
            writer,
            self_: "a",
            field_writer: 2,
        })
    };
    assert_ne!(awkward(1), awkward(2));
    let variant = |writer, field_writer| {
        bytes(&AwkwardEnum::Writer {
            writer,
            field_writer,
        })
    };
    assert_ne!(variant(1, 2), variant(2, 1));
}
