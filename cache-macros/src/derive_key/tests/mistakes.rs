use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, LitStr};

use super::expand;

/// What is reported of `input`, beside the one implementation that stands in for the real one.
fn mistakes(input: TokenStream) -> syn::Result<Vec<String>> {
    let mut messages = Vec::new();
    let mut implementations = 0;
    for item in expand(input)?.items {
        match item {
            Item::Macro(error)
                if error
                    .mac
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident == "compile_error") =>
            {
                messages.push(syn::parse2::<LitStr>(error.mac.tokens)?.value());
            }
            Item::Impl(_) => implementations += 1,
            other => return Err(syn::Error::new_spanned(other, "neither error nor impl")),
        }
    }
    assert_eq!(implementations, 1, "callers must still resolve");
    Ok(messages)
}

macro_rules! mistakes {
    ($($name:ident { $($input:tt)* } => [$($message:literal),* $(,)?];)*) => {
        $(
            #[test]
            fn $name() -> syn::Result<()> {
                assert_eq!(mistakes(quote!($($input)*))?, [$($message),*] as [&str; _]);
                Ok(())
            }
        )*
    };
}

mistakes! {
    what_is_unknown_lists_what_is_known {
        #[cache_key(skip)]
        enum A {
            #[cache_key(round = 3)]
            B { #[cache_key(skp, crate = a)] c: u8 },
        }
    } => [
        "`skip` is no `cache_key` attribute of a type; there is `rename`, `crate`",
        "`round` is no `cache_key` attribute of a variant; there is `rename`",
        "`skp` is no `cache_key` attribute of a field; there is `skip`, `rename`, `round`, `with`",
        "`crate` is no `cache_key` attribute of a field; there is `skip`, `rename`, `round`, `with`",
    ];

    what_is_repeated {
        struct A {
            #[cache_key(skip, skip)]
            b: u8,
            #[cache_key(rename = "x")]
            #[cache_key(rename = "y")]
            c: u8,
        }
    } => [
        "`skip` was given already; remove one",
        "`rename` was given already; remove one",
    ];

    decimals_that_are_none {
        struct A {
            #[cache_key(round = 16)] a: f64,
            #[cache_key(round = -1)] b: f64,
            #[cache_key(round = "3")] c: f64,
            #[cache_key(round = DECIMALS)] d: f64,
            #[cache_key(round)] e: f64,
            #[cache_key(round = 15)] f: f64,
        }
    } => [
        "`round` needs a number of decimals from 0 to 15, written out, as in `round = 3`",
        "`round` needs a number of decimals from 0 to 15, written out, as in `round = 3`",
        "`round` needs a number of decimals from 0 to 15, written out, as in `round = 3`",
        "`round` needs a number of decimals from 0 to 15, written out, as in `round = 3`",
        "this needs a value: write `round = 3`",
    ];

    a_skipped_field_with_more_to_say {
        struct A {
            #[cache_key(skip, rename = "c", round = 3)] b: f64,
            #[cache_key(with = path, skip)] d: f64,
        }
    } => [
        "`rename` has no effect on a skipped field; remove it or `skip`",
        "`round` has no effect on a skipped field; remove it or `skip`",
        "`with` has no effect on a skipped field; remove it or `skip`",
    ];

    two_ways_to_write_a_field {
        struct A { #[cache_key(round = 3, with = path)] b: f64 }
    } => ["`round` and `with` both say how to write the field; remove one, or round in the fn of `with`"];

    two_fields_of_one_name {
        struct A {
            b: u8,
            #[cache_key(rename = "b")] c: u8,
            #[cache_key(skip)] d: u8,
            #[cache_key(rename = "d")] e: u8,
        }
    } => ["two fields are named `b` in the key; rename one of them"];

    two_variants_of_one_name {
        enum A {
            B,
            #[cache_key(rename = "B")] C(#[cache_key(rename = "1")] u8, u8),
        }
    } => [
        "two variants are named `B` in the key; rename one of them",
        "two fields are named `1` in the key; rename one of them",
    ];

    values_of_the_wrong_kind {
        #[cache_key(rename = 3, crate = "a")]
        struct A {
            #[cache_key(skip = true)] b: u8,
            #[cache_key(rename = "")] c: u8,
            #[cache_key(rename)] d: u8,
            #[cache_key(with = |a, b| ())] e: u8,
            #[cache_key(with(path))] f: u8,
            #[cache_key] g: u8,
            #[cache_key(skip rename)] h: u8,
        }
    } => [
        "`rename` needs a string, as in `rename = \"name\"`",
        "`crate` needs a path, as in `crate = ::my_cache`",
        "`skip` takes no value: write `#[cache_key(skip)]`",
        "a name can't be empty",
        "this needs a value: write `rename = \"name\"`",
        "`with` needs the path of a `fn(&T, &mut KeyWriter)`, as in `with = write_area`",
        "this needs a value: write `with = path`",
        "expected attribute arguments in parentheses: #[cache_key(...)]",
        "expected `,`",
    ];

    a_union {
        union A { b: u8, #[cache_key(skip)] c: i8 }
    } => ["a union can't be a cache key, for nothing says which field is in use; make it an enum, or implement `CacheKey` by hand"];
}
