//! Wrong settings are named, and secrets are not shown.

use std::time::Duration;

use cache_runtime::Cache;

#[test]
fn the_builder_names_the_wrong_setting() {
    let build = |builder: cache_runtime::CacheBuilder| builder.build().unwrap_err().to_string();
    let named = [
        ("prefix", build(Cache::builder().prefix(""))),
        ("prefix", build(Cache::builder().prefix("a{b"))),
        ("url", build(Cache::builder().url("http://localhost"))),
        ("url", build(Cache::builder().url("nonsense"))),
        (
            "op_timeout",
            build(Cache::builder().op_timeout(Duration::ZERO)),
        ),
        ("lag", build(Cache::builder().lag(Duration::ZERO))),
        (
            "lease",
            build(Cache::builder().lease(Duration::from_millis(1))),
        ),
        ("max_value", build(Cache::builder().max_value(0))),
        ("memory_bytes", build(Cache::builder().memory_bytes(0))),
    ];
    for (setting, error) in named {
        assert!(error.contains(setting), "{setting}: {error}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let secret = "s3cret";
    let builder = Cache::builder().url(format!("redis://user:{secret}@localhost:1/0"));
    assert!(!format!("{builder:?}").contains(secret));
    let cache = builder.build().unwrap();
    assert!(!format!("{cache:?}").contains(secret));
    let broken = Cache::builder().url(format!("redis://user:{secret}@:nonsense/0"));
    assert!(!broken.build().unwrap_err().to_string().contains(secret));
}
