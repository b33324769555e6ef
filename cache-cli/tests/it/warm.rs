//! `warm` has a program warm what it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_console::{Console, bearer};
use cache_runtime::Cache;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::{Ran, program, ran, until};

/// A program with the page of a cache; it ends when this is dropped.
struct Site {
    address: String,
    serving: JoinHandle<()>,
}

impl Site {
    async fn serve(console: &Console) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/cache", listener.local_addr().unwrap());
        let routes = axum::Router::new().nest("/cache", console.router());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, serving }
    }

    async fn warm(&self, token: &str, more: &[&str]) -> Ran {
        warm(&self.address, token, more).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// It needs no Redis, whatever `CACHE_URL` says.
async fn warm(address: &str, token: &str, more: &[&str]) -> Ran {
    let mut command = program("nonsense", &[&["warm", address], more].concat());
    command.env("CACHE_CONSOLE_TOKEN", token);
    tokio::task::spawn_blocking(move || ran(&mut command))
        .await
        .unwrap()
}

fn console() -> Console {
    Console::new(&Cache::memory())
        .allow_warm(bearer("s3cret", "cachectl"))
        .warm(
            "plans",
            |limit| async move { Ok::<_, String>(limit.min(40)) },
        )
        .warm_each("users", |limit| {
            futures_util::stream::iter((0..limit).map(|id| match id % 10 {
                0 => Err(format!("no user {id}")),
                _ => Ok(1),
            }))
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_are_listed_warmed_and_reported() {
    let site = Site::serve(&console()).await;
    let listed = site.warm("s3cret", &["--list"]).await;
    assert_eq!(
        (listed.exit, &*listed.out),
        (0, "plans\nusers\n"),
        "{listed:?}"
    );
    let plans = site.warm("s3cret", &["--target", "plans", "--json"]).await;
    assert_eq!(plans.exit, 0, "{plans:?}");
    let told = &plans.json()["targets"][0];
    assert_eq!((&told["warmed"], &told["limit"]), (&40.into(), &100.into()));
    // One that fails in part does not stop the rest.
    let both = ["--target", "users,plans", "--limit", "50"];
    let both = site.warm("s3cret", &both).await;
    assert_eq!(both.exit, 5, "{both:?}");
    assert!(
        both.out.contains("users: 45 of 50 at most, 5 failed"),
        "{both:?}"
    );
    assert!(both.out.contains("no user 40"), "{both:?}");
    assert!(both.out.contains("plans: 40 of 50 at most"), "{both:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_says_what_to_do_and_has_its_exit_code() {
    let site = Site::serve(&console()).await;
    let page = site.address.trim_end_matches("/cache").to_owned();
    for (token, address, more, exit, says) in [
        (
            "",
            &*site.address,
            ["--target", "plans"],
            4,
            "CACHE_CONSOLE_TOKEN",
        ),
        (
            "wrong",
            &site.address,
            ["--target", "plans"],
            4,
            "CACHE_CONSOLE_TOKEN",
        ),
        (
            "s3cret",
            &site.address,
            ["--target", "nothing"],
            1,
            "plans, users",
        ),
        (
            "s3cret",
            &page,
            ["--target", "plans"],
            1,
            "not the page of a cache",
        ),
        (
            "s3cret",
            "http://127.0.0.1:1/cache",
            ["--target", "plans"],
            3,
            "see that it runs",
        ),
        ("s3cret", "127.0.0.1:1", ["--target", "plans"], 2, "http://"),
        ("s3cret", &site.address, ["--limit", "5"], 2, "--list"),
    ] {
        let refused = warm(address, token, &more).await;
        assert_eq!(refused.exit, exit, "{refused:?}");
        let told = format!("{}{}", refused.out, refused.err);
        assert!(told.contains(says), "{says}: {told}");
        assert!(
            !told.contains("s3cret") && !told.contains("wrong token"),
            "{told}"
        );
    }
    let off = Console::new(&Cache::memory()).warm("plans", |_| async { Ok::<_, String>(1) });
    let off = Site::serve(&off).await;
    let refused = off.warm("s3cret", &["--list"]).await;
    assert_eq!(refused.exit, 4, "{refused:?}");
    assert!(refused.err.contains("Console::allow_warm"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_goes_away_or_is_busy_is_told_of() {
    let (began, gate) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
    let (counted, waits) = (Arc::clone(&began), Arc::clone(&gate));
    let console = console().warm("slow", move |limit| {
        counted.fetch_add(1, Ordering::SeqCst);
        let waits = Arc::clone(&waits);
        async move {
            waits.acquire().await.unwrap().forget();
            Ok::<_, String>(limit)
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // All that it does ends with this.
    let apart = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let routes = console.router();
    let listener = listener.into_std().unwrap();
    apart.spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        axum::serve(listener, routes).await.unwrap();
    });
    let target = ["--target", "slow"];
    let first = tokio::spawn({
        let address = address.clone();
        async move { warm(&address, "s3cret", &target).await }
    });
    until("it to run", async || began.load(Ordering::SeqCst) == 1).await;
    let busy = warm(&address, "s3cret", &target).await;
    assert_eq!(busy.exit, 1, "{busy:?}");
    assert!(busy.out.contains("already"), "{busy:?}");
    apart.shutdown_background();
    let first = first.await.unwrap();
    assert_eq!(first.exit, 5, "{first:?}");
    assert!(first.out.contains("failed  slow: 0 of 100"), "{first:?}");
}
