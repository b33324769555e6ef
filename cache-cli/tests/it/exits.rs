//! Each exit code that the man page lists.

use cache_runtime::cached;
use cache_tests::Server;

use crate::{cache, run};

#[cached(ns = "user", key = "user:{id}", ttl = "5m", tags = ["org:{id}"])]
async fn user(id: u32) -> u32 {
    id
}

/// A user with the rights of the program that caches, and more.
async fn grant(server: &Server, more: &[&str]) -> String {
    let mut words = vec![
        "ACL", "SETUSER", "ctl", "reset", "on", ">pw", "~cache:*", "-@all",
    ];
    let rights = "+get +mget +set +unlink +exists +evalsha +script|load +client|tracking +info +time +role +del +type \
                  +getrange +pttl +pexpire";
    words.extend(rights.split_whitespace());
    words.extend(more);
    server.run(&words).await.unwrap();
    server.url().replace("redis://", "redis://ctl:pw@")
}

#[tokio::test]
async fn done_and_nothing_found() {
    let server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(1)).await;
    assert_eq!(run(&url, &["explain", "user:1"]).exit, 0);
    assert_eq!(run(&url, &["explain", "user:2"]).exit, 1);
    assert_eq!(run(&url, &["log"]).exit, 1);
    assert_eq!(run(&url, &["--help"]).exit, 0);
    assert_eq!(run(&url, &["--version"]).exit, 0);
}

#[tokio::test]
async fn wrong_arguments_and_settings() {
    // What the arguments alone say is found before Redis is asked.
    for arguments in [
        &["explain"][..],
        &["explain", "a", "--shape", "xyz"],
        &["scan", "a*", "--tag", "t"],
        &["nonsense"],
        &["--timeout", "5", "scan"],
        &["man", "nonsense"],
    ] {
        let ran = run("redis://127.0.0.1:1", arguments);
        assert_eq!(ran.exit, 2, "{arguments:?} {ran:?}");
    }
    let server = crate::server().await;
    for arguments in [
        &["invalidate", "tag"][..],
        &["invalidate", "everything", "else"],
        &["expire", "everything"],
        &["invalidate", "pattern", "a*", "b*"],
        &["invalidate", "tag", "a", "--namespace", "n"],
        &["scan", "a{b"],
    ] {
        let ran = run(&server.url(), arguments);
        assert_eq!(ran.exit, 2, "{arguments:?} {ran:?}");
        assert_eq!(ran.out, "");
    }
    let memory = run("memory:", &["scan"]);
    assert_eq!(memory.exit, 2, "{memory:?}");
    assert!(memory.err.contains("CACHE_URL"), "{memory:?}");
    let nonsense = run("http://localhost", &["scan"]);
    assert_eq!(nonsense.exit, 2, "{nonsense:?}");
}

#[tokio::test]
async fn redis_can_not_be_reached() {
    let ran = run("redis://127.0.0.1:1", &["scan", "--timeout", "200ms"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(ran.err.contains("unreachable"), "{ran:?}");
    let json = run(
        "redis://127.0.0.1:1",
        &["scan", "--timeout", "200ms", "--json"],
    );
    let told: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(told["exit"], 3, "{json:?}");
}

#[tokio::test]
async fn redis_refuses_what_the_user_may_not() {
    let server = crate::server().await;
    let url = grant(&server, &[]).await;
    let ran = run(&url, &["scan"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(ran.err.contains("+scan"), "{ran:?}");
    let ran = run(&url.replace(":pw@", ":other@"), &["scan"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(ran.err.contains("wrong_user_or_password"), "{ran:?}");
    server
        .run(&["ACL", "SETUSER", "ctl", "-unlink", "-del"])
        .await
        .unwrap();
    let ran = run(&url, &["invalidate", "tag", "org:1"]);
    assert_eq!(ran.exit, 4, "{ran:?}");
}

/// The rights that the operations guide has for a person.
fn documented() -> Vec<&'static str> {
    const GUIDE: &str = include_str!("../../../docs/operations.md");
    let line = GUIDE
        .lines()
        .find(|line| line.starts_with("ACL SETUSER ops "))
        .unwrap();
    line.split(' ').collect()
}

#[tokio::test]
async fn the_user_of_the_operations_guide_may_do_everything_and_needs_each_right() {
    let server = crate::server().await;
    server.run(&documented()).await.unwrap();
    let url = server.url().replace("redis://", "redis://ops:PASSWORD@");
    cache(&server.url()).scope(user(1)).await;
    let everything = || {
        let commands = [
            &["scan"][..],
            &["explain", "user:1"],
            &["get", "user:1"],
            &["expire", "tag", "org:1", "--count"],
            &["invalidate", "pattern", "user:*", "--yes"],
            &["log"],
            &["doctor"],
            &["watch", "--for", "50ms"],
        ];
        commands.map(|arguments| (arguments[0], run(&url, arguments)))
    };
    for (command, ran) in everything() {
        assert_eq!(ran.exit, 0, "{command}: {ran:?}");
        assert!(
            !ran.out.contains("refused") && !ran.out.contains("may not"),
            "{ran:?}"
        );
    }
    for right in ["+scan", "+xadd", "+xrevrange", "+config|get", "+dbsize"] {
        cache(&server.url()).scope(user(1)).await;
        let less = documented().into_iter().filter(|word| *word != right);
        let less: Vec<_> = ["ACL", "SETUSER", "ops", "reset"]
            .into_iter()
            .chain(less.skip(3))
            .collect();
        server.run(&less).await.unwrap();
        let is_missed = |ran: &crate::Ran| ran.exit > 1 || ran.out.contains("refused");
        assert!(
            everything().iter().any(|(_, ran)| is_missed(ran)),
            "{right} is missed by nobody"
        );
    }
}

#[tokio::test]
async fn a_part_is_done() {
    let server = crate::server().await;
    // It may invalidate, and not note that it did.
    let url = grant(&server, &[]).await;
    cache(&server.url()).scope(user(1)).await;
    let ran = run(&url, &["invalidate", "tag", "org:1"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert!(
        ran.out.contains("invalidated") && ran.out.contains("+xadd"),
        "{ran:?}"
    );
    let told = run(&server.url(), &["explain", "user:1", "--json"]).json();
    assert_eq!(told["verdict"]["is"], "tag_invalidated");
    // One of two is refused by its name.
    let url = grant(&server, &["+xadd"]).await;
    let ran = run(&url, &["invalidate", "namespace", "user", "a{b"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
}
