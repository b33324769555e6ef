//! Mistakes are reported all at once.

use quote::quote;

use crate::cached;

#[test]
fn each_mistake_has_its_error() {
    let annotation = quote!(tll = "5m", ns = "", tags = ["{nobody}", 7], skip(nothing));
    let error = cached::expand(
        annotation,
        quote!(
            fn user(id: u64) -> u64 {
                id
            }
        ),
    )
    .expect_err("it is full of mistakes");
    let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
    let expected = [
        "`tll`",
        "namespace",
        "a tag is",
        "`ttl = ",
        "async fn",
        "`nothing`",
        "`{nobody}`",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, part) in messages.iter().zip(expected) {
        assert!(message.contains(part), "{message} has no {part}");
    }
}

#[test]
fn what_is_no_fn_is_refused() {
    let error = cached::expand(
        quote!(ttl = "5m"),
        quote!(
            struct User;
        ),
    )
    .expect_err("it is a struct");
    assert!(
        error.to_string().contains("goes on an `async fn`"),
        "{error}"
    );
}
