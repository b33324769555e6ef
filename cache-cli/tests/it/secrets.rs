//! No password is among the arguments, in the list of processes, or in what the program says.

use std::io::Write as _;
use std::process::{Command, Stdio};

use cache_tests::Server;

use crate::{PROGRAM, program, ran, run, until};

const PASSWORD: &str = "hunter2secret";

#[tokio::test]
async fn a_url_with_a_password_is_refused_among_the_arguments_and_not_repeated() {
    for url in [
        format!("redis://:{PASSWORD}@127.0.0.1:1"),
        format!("redis+sentinel://h/name?sentinel_password={PASSWORD}"),
    ] {
        let refused = run("memory:", &["--url", &url, "scan"]);
        assert_eq!(refused.exit, 2, "{refused:?}");
        assert!(refused.err.contains("CACHE_URL") && refused.err.contains("--url-file"));
        assert!(!format!("{refused:?}").contains(PASSWORD), "{refused:?}");
    }
}

#[tokio::test]
async fn a_password_reaches_it_by_the_environment_a_file_and_the_standard_input() {
    let server = Server::builder().password(PASSWORD).start().await.unwrap();
    let url = server.url();
    assert_eq!(
        run(&url, &["scan"]).exit,
        1,
        "connected, and nothing is stored"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{url}\n")).unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(run("memory:", &["--url-file", path, "scan"]).exit, 1);

    let mut child = program("memory:", &["--url-file", "-", "scan"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(url.as_bytes())
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));

    let wrong = run(&url.replace(PASSWORD, "wrong"), &["scan"]);
    assert_eq!(wrong.exit, 4, "{wrong:?}");
    assert!(!wrong.err.contains("wrong@"), "{wrong:?}");
}

#[tokio::test]
async fn the_list_of_processes_shows_no_password() {
    let server = Server::builder().password(PASSWORD).start().await.unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["watch", "--for", "1h"])
        .env_clear()
        .env("CACHE_URL", server.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let shown = format!("/proc/{}/cmdline", child.id());
    until("it runs", async || {
        std::fs::read(&shown).is_ok_and(|line| line.ends_with(b"watch\0--for\x001h\0"))
    })
    .await;
    let line = std::fs::read(&shown).unwrap();
    assert!(!String::from_utf8_lossy(&line).contains(PASSWORD));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn nothing_that_it_says_has_the_password() {
    let server = Server::builder().password(PASSWORD).start().await.unwrap();
    for arguments in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["explain", "x"],
        &["log"],
    ] {
        let ran = ran(&mut program(&server.url(), arguments));
        assert!(!format!("{ran:?}").contains(PASSWORD), "{ran:?}");
    }
}
