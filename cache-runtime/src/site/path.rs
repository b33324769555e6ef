//! The path of the item that encloses an annotated function, from the type name of a `fn` item
//! inside it: `app::users::<impl app::Users>::get::{{closure}}::__here`. And what such a text
//! proves: two blocks of one function may each have an item of one name, and the compiler prints
//! both alike.

use std::collections::BTreeSet;

/// The path without the inner item, the closures of the async body and the function's own name.
pub(super) fn enclosing(here: &'static str) -> &'static str {
    let mut path = cut_last(here);
    while let Some(outer) = path.strip_suffix("::{{closure}}") {
        path = outer;
    }
    cut_last(path)
}

fn cut_last(path: &'static str) -> &'static str {
    path.rfind("::").map_or("", |at| &path[..at])
}

/// A path as a person writes it: `app::users::Users::get` for `app::users::<impl app::users::Users<T>>::get`, and
/// `app::Db::get` for `<app::Db as app::Get>::get`.
pub(crate) fn written(enclosing: &str, function: &str) -> String {
    let mut written = String::new();
    let mut depth = 0_usize;
    let mut rest = enclosing;
    while let Some(next) = rest.chars().next() {
        let begins = |text: &str| rest.starts_with(text);
        rest = match next {
            // What an impl is of is part of the path; what a type is used at is not.
            '<' if depth == 0 && (written.is_empty() || written.ends_with("::")) => {
                written.clear();
                rest[1..].strip_prefix("impl ").unwrap_or(&rest[1..])
            }
            '<' => {
                depth += 1;
                &rest[1..]
            }
            '>' => {
                depth = depth.saturating_sub(1);
                &rest[1..]
            }
            _ if depth == 0 && (begins(" as ") || begins(" for ")) => {
                rest.find(">::").map_or("", |end| &rest[end..])
            }
            _ => {
                if depth == 0 {
                    written.push(next);
                }
                &rest[next.len_utf8()..]
            }
        };
    }
    match written.is_empty() {
        true => function.to_owned(),
        false => format!("{written}::{function}"),
    }
}

/// Whether the path has a parameter of a generic impl, which the compiler prints as `_`. A `_` of a
/// path, as in `app::_::get`, is a `const _`.
pub(super) fn is_generic(path: &str) -> bool {
    words(path).any(|word| word == "_")
}

/// Whether there is one item of this path, in the module that the annotation stands in. A module
/// has one item of a name, and what an impl in it can name is known by its path, unless that leads
/// into a function of this module: an item in a block. A last segment that begins with a capital
/// is a type's or a trait's, as the compiler's lints have it.
pub(super) fn is_one(enclosing: &str, module: &str) -> bool {
    let in_module = |path: &str| Some(path.strip_prefix(module)?.strip_prefix("::")?.to_owned());
    let is_type = |name: &str| name.starts_with(char::is_uppercase) && !name.contains("::");
    let first = words(enclosing).next().unwrap_or_default();
    let is_place = enclosing.starts_with('<')
        || first == module
        || in_module(first).is_some_and(|name| is_type(&name));
    let rest = words(enclosing).filter(|path| path.contains("::"));
    is_place
        && rest
            .filter(|path| *path != module)
            .all(|path| in_module(path).is_none_or(|name| !name.contains("::") && name != "_"))
}

/// Whether the names of some types tell them from all others: they are the language's own or std's,
/// or the enclosing path, known to be one, names them.
pub(super) fn are_known(types: &str, enclosing: &str) -> bool {
    let named: BTreeSet<&str> = words(enclosing).collect();
    words(types).all(|path| {
        let root = path.split("::").next().unwrap_or_default();
        root == path || matches!(root, "core" | "alloc" | "std") || named.contains(path)
    })
}

/// The paths in a printed type, and its single words.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '#' | '{' | '}');
    text.split(move |c| !is_of_path(c))
        .map(|word| word.trim_matches(':'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_without_what_types_are_used_at() {
        for (enclosing, expected) in [
            ("app::users", "app::users::get"),
            ("", "get"),
            (
                "app::users::<impl app::users::Users>",
                "app::users::Users::get",
            ),
            (
                "app::<impl app::Generic<alloc::vec::Vec<u8>>>",
                "app::Generic::get",
            ),
            ("<app::Db as app::Get<u8>>", "app::Db::get"),
            ("app::outer::{{closure}}", "app::outer::{{closure}}::get"),
        ] {
            assert_eq!(written(enclosing, "get"), expected);
        }
    }

    struct Plain;
    struct Generic<T>(T);

    impl Plain {
        fn here() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
    }

    impl<T> Generic<T> {
        fn here() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
    }

    impl Generic<u8> {
        fn here_u8() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
    }

    trait Located {
        fn located() -> &'static str;
    }

    impl Located for Plain {
        fn located() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
    }

    mod elsewhere {
        impl super::Plain {
            pub(super) fn elsewhere() -> &'static str {
                fn __here() {}
                std::any::type_name_of_val(&__here)
            }
        }
    }

    fn in_a_block() -> [&'static str; 3] {
        struct Plain;
        impl Located for Plain {
            fn located() -> &'static str {
                fn __here() {}
                std::any::type_name_of_val(&__here)
            }
        }
        impl Plain {
            fn here() -> &'static str {
                fn __here() {}
                std::any::type_name_of_val(&__here)
            }
        }
        fn inner() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
        [Plain::located(), Plain::here(), inner()]
    }

    const _: () = {
        fn in_a_const() -> &'static str {
            fn __here() {}
            std::any::type_name_of_val(&__here)
        }
        impl Plain {
            fn in_a_const() -> [&'static str; 2] {
                fn __here() {}
                [std::any::type_name_of_val(&__here), in_a_const()]
            }
        }
    };

    #[test]
    fn the_compiler_still_prints_what_this_rests_on() {
        assert!(enclosing(Plain::here()).ends_with("tests::Plain"));
        assert!(!is_generic(enclosing(Plain::here())));
        assert!(is_generic(enclosing(Generic::<u16>::here())));
        assert!(!is_generic(enclosing(Generic::<u8>::here_u8())));
        assert!(!is_generic("app::my_mod::_private"));
        assert!(!is_generic("app::_"));
        assert!(is_generic("<app::B<alloc::vec::Vec<_>> as app::T>"));
    }

    #[test]
    fn closures_of_async_bodies_are_cut() {
        assert_eq!(enclosing("app::user::{{closure}}::__here"), "app");
        assert_eq!(
            enclosing("app::a::user::{{closure}}::{{closure}}::__here"),
            "app::a"
        );
        assert_eq!(
            enclosing("<app::A as app::T>::get::__here"),
            "<app::A as app::T>"
        );
    }

    #[test]
    fn what_stands_in_a_module_is_one_and_what_stands_in_a_block_may_be_two() {
        let is_one = |here| is_one(enclosing(here), module_path!());
        for one in [
            Plain::here(),
            Plain::located(),
            Generic::<u16>::here(),
            Generic::<u8>::here_u8(),
        ] {
            assert!(is_one(one), "{one}");
        }
        let module = concat!(module_path!(), "::elsewhere");
        assert!(super::is_one(enclosing(Plain::elsewhere()), module));
        for perhaps in in_a_block().into_iter().chain(Plain::in_a_const()) {
            assert!(!is_one(perhaps), "{perhaps}");
        }
    }

    #[test]
    fn types_are_known_that_are_of_std_or_named_where_they_are_used() {
        let known = |types| are_known(types, "app::Of<app::User>");
        assert!(known("(u8, &str, [alloc::string::String; 4])"));
        assert!(known("(core::marker::PhantomData<app::Of<app::User>>,)"));
        assert!(!known("app::Other"));
        assert!(!known("app::outer::{{closure}}"));
        assert!(!known("core::option::Option<app::outer::User>"));
        assert!(!known("dyn app::Named"));
    }
}
