//! The path of the item that encloses an annotated function, from the type name of a `fn` item
//! inside it: `app::users::<impl app::Users>::get::{{closure}}::__here`.

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

/// Whether the path has a parameter of a generic impl, which the compiler prints as `_`.
pub(super) fn is_generic(path: &str) -> bool {
    path.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "_")
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_compiler_still_prints_what_this_rests_on() {
        assert!(enclosing(Plain::here()).ends_with("tests::Plain"));
        assert!(!is_generic(enclosing(Plain::here())));
        assert!(is_generic(enclosing(Generic::<u16>::here())));
        assert!(!is_generic(enclosing(Generic::<u8>::here_u8())));
        assert!(!is_generic("app::my_mod::_private"));
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
}
