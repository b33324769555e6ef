//! The process default: made from the environment by the first cached call, or installed.

use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use cache_runtime::{Cache, cached};

static LOADS: AtomicU32 = AtomicU32::new(0);

#[cached(ttl = "5m")]
async fn nth() -> u32 {
    LOADS.fetch_add(1, Ordering::Relaxed) + 1
}

/// The default is the process's, so the test runs itself once more, in a process with such settings.
#[tokio::test]
async fn a_cache_can_be_installed_after_calls_under_wrong_settings() {
    const NAME: &str = "process_default::a_cache_can_be_installed_after_calls_under_wrong_settings";
    if env::var("CACHE_URL").as_deref() == Ok("nonsense") {
        return installs_after_calls().await;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env("CACHE_URL", "nonsense")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

async fn installs_after_calls() {
    assert_eq!((nth().await, nth().await), (1, 2), "nothing is cached");
    Cache::memory().install().unwrap();
    assert_eq!((nth().await, nth().await), (3, 3), "now it is");
    assert!(Cache::memory().install().is_err(), "there is one already");
}
