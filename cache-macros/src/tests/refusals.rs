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
fn choices_that_do_not_go_together_are_refused() {
    let cases = [
        (quote!(refresh = "caller"), "add `stale"),
        (quote!(refresh = "background"), "add `stale"),
        (quote!(load_timeout = "2s"), "return a `Result`"),
        (quote!(early = -1.0), "over zero"),
        (quote!(early = 1), "early = 1.0"),
        (quote!(jitter = 1.01), "from 0.0 to 1.0"),
        (quote!(audit = 1.01), "from 0.0 to 1.0"),
        (quote!(audit = 1), "audit = 0.001"),
        (
            quote!(consistency = "strong", on_outage = "serve"),
            "remove `on_outage`",
        ),
    ];
    for (annotation, part) in cases {
        let item = quote!(
            async fn user(id: u64) -> u64 {
                id
            }
        );
        let error = cached::expand(quote!(ttl = "5m", #annotation), item).expect_err(part);
        let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(messages.len(), 1, "{messages:#?}");
        assert!(messages[0].contains(part), "{messages:#?} has no {part}");
    }
}

#[test]
fn a_task_borrows_nothing() {
    let annotation = quote!(
        ttl = "5m",
        stale = "10m",
        refresh = "background",
        skip(self, db)
    );
    let error = cached::expand(
        annotation,
        quote!(
            async fn user(&self, db: &Db, name: Cow<'_, str>, id: &'static u64) -> u64 {
                id
            }
        ),
    )
    .expect_err("it borrows");
    let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
    assert_eq!(messages.len(), 3, "{messages:#?}");
    assert!(
        messages
            .iter()
            .all(|message| message.contains("refresh = \"caller\""))
    );
}

#[test]
fn only_a_stale_window_may_be_zero() {
    let expand = |annotation| {
        cached::expand(
            annotation,
            quote!(
                async fn user(id: u64) -> u64 {
                    id
                }
            ),
        )
    };
    for zero in [quote!(0), quote!("0s"), quote!(Duration::ZERO)] {
        assert!(expand(quote!(ttl = "5m", stale = #zero)).is_ok(), "{zero}");
    }
    for annotation in [quote!(ttl = 0), quote!(ttl = "5m", wait = "0s")] {
        assert!(expand(annotation.clone()).is_err(), "{annotation}");
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
    let error = cached::expand(
        quote!(ttl = "5m"),
        quote!(
            impl<T> Users for Of<T> {}
        ),
    );
    let error = error.expect_err("it is an impl").to_string();
    assert!(error.contains("annotate its methods"), "{error}");
}
