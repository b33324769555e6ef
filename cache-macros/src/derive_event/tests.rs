//! What the derive makes of a type, and what it says of a mistake.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, LitStr};

fn expand(input: TokenStream) -> syn::File {
    syn::parse2(super::derive(input)).expect("the expansion is Rust")
}

macro_rules! expands {
    ($($name:ident { $($input:tt)* })*) => {$(
        #[test]
        fn $name() {
            let expansion = prettyplease::unparse(&expand(quote!($($input)*)));
            insta::assert_snapshot!(expansion);
        }
    )*};
}

expands! {
    tags_of_fields {
        #[cache_event("entity.updated", invalidates = ["entity:{entity_id}", "all", "{entity_id:04}-{owner.org}-{entity_id}"])]
        struct EntityUpdated {
            entity_id: u64,
            owner: User,
            other: u8,
        }
    }

    nothing_that_is_invalid {
        #[cache_event("tick")]
        struct Tick;
    }

    another_path_and_a_raw_name {
        #[cache_event("kind.changed", crate = my::toolkit)]
        #[cache_event(invalidates = ["kind:{type}"])]
        struct KindChanged { r#type: String }
    }
}

/// What is reported, beside the one implementation that stands in for the real one.
fn mistakes(input: TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let mut implementations = 0;
    for item in expand(input).items {
        match item {
            Item::Macro(error) => {
                let message: LitStr = syn::parse2(error.mac.tokens).expect("a message");
                messages.push(message.value());
            }
            Item::Impl(_) => implementations += 1,
            _ => panic!("neither error nor impl"),
        }
    }
    assert_eq!(implementations, 1, "callers must still resolve");
    messages
}

macro_rules! mistakes {
    ($($name:ident { $($input:tt)* } => [$($message:literal),* $(,)?];)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(mistakes(quote!($($input)*)), [$($message),*] as [&str; _]);
        }
    )*};
}

mistakes! {
    without_a_name {
        struct Updated { id: u64 }
    } => ["an event needs a name: add `#[cache_event(\"entity.updated\", invalidates = [\"entity:{entity_id}\"])]`"];

    without_a_name_but_with_tags {
        #[cache_event(invalidates = ["a:{id}"])]
        struct Updated { id: u64 }
    } => ["an event needs a name: add `#[cache_event(\"entity.updated\", invalidates = [\"entity:{entity_id}\"])]`"];

    names_that_are_none {
        #[cache_event("", "b")]
        struct Updated { id: u64 }
    } => [
        "an event's name can't be empty: give it a name",
        "an event has one name: remove the other",
    ];

    a_name_that_would_move_its_slot {
        #[cache_event("entity.{id}")]
        struct Updated { id: u64 }
    } => ["an event's name can't contain a brace: it would change the entry's slot in a cluster"];

    misspelt_fields_are_told_with_the_one_that_is_meant {
        #[cache_event("a", invalidates = ["entity:{entty_id}", "org:{self.org}", "zone:{zone}"])]
        struct Updated { entity_id: u64, org: u8 }
    } => [
        "`{entty_id}` names no field of this event, did you mean `entity_id`? (it has `entity_id`, `org`)",
        "`{self}` names no field of this event (it has `entity_id`, `org`)",
        "`{zone}` names no field of this event (it has `entity_id`, `org`)",
    ];

    a_field_of_none {
        #[cache_event("a", invalidates = ["entity:{id}"])]
        struct Updated;
    } => ["`{id}` names no field of this event (it has none)"];

    misspelt_arguments {
        #[cache_event("a", invalidate = ["b"], tags = ["c"], invalidates, crate = "d")]
        struct Updated { id: u64 }
    } => [
        "`invalidate` is no argument of `cache_event`, did you mean `invalidates`? (it has `invalidates`, `crate`)",
        "`tags` is no argument of `cache_event` (it has `invalidates`, `crate`)",
        "`invalidates` needs a list of tags, as in `invalidates = [\"entity:{entity_id}\"]`",
        "`crate` needs a path, as in `crate = ::my_toolkit`",
    ];

    given_twice {
        #[cache_event("a", invalidates = ["b"])]
        #[cache_event(invalidates = ["c"])]
        struct Updated { id: u64 }
    } => ["`invalidates` was given already: remove one"];

    tags_that_are_none {
        #[cache_event("a", invalidates = [7, tag(id), "", "{id", "{id:?}", "a\nb"])]
        struct Updated { id: u64 }
    } => [
        "a tag of an event is a template over its fields, as \"entity:{entity_id}\"; for any other implement `CacheEvent` by hand",
        "a tag of an event is a template over its fields, as \"entity:{entity_id}\"; for any other implement `CacheEvent` by hand",
        "a tag can't be empty: give it a name",
        "this template has a lone `{`: close it, or write `{{` for the character",
        "`{id:?}` has a format that can't be used here: write a fixed width or precision, never `?` or `$`",
        "a tag can't contain a control character: write plain text",
    ];

    an_empty_list {
        #[cache_event("a", invalidates = [])]
        struct Updated { id: u64 }
    } => ["`invalidates` is empty: name what the event makes invalid, or leave it out"];

    an_enum_with_parameters {
        #[cache_event("a")]
        enum Updated<T> { One(T) }
    } => [
        "an event is one thing that happened: make each variant a struct with a name of its own",
        "an event has one form, which every process reads by its name: remove the parameters",
    ];

    a_union {
        #[cache_event("a")]
        union Updated { a: u8 }
    } => ["a union can't be an event, for nothing says which field is in use: make it a struct"];

    fields_without_names {
        #[cache_event("a", invalidates = ["entity:{id}"])]
        struct Updated(u64);
    } => ["a template names the fields of an event, and these have no names: give them some"];

    what_is_no_argument {
        #[cache_event("a", 7)]
        struct Updated { id: u64 }
    } => ["write the event's name, as \"entity.updated\", and `invalidates = [..]`"];
}
