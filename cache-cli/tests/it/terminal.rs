//! What differs where a person sits at a terminal: questions, colours, widths.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use cache_runtime::cached;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::{cache, program, run};

#[cached(ns = "user", key = "user:{id}", ttl = "5m")]
async fn user(id: u32) -> u32 {
    id
}

/// How wide the terminal is: less than a line of `scan`.
const COLUMNS: u16 = 44;

/// Both ends of a terminal, this many columns wide.
fn terminal(columns: u16) -> (File, OwnedFd) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let size = Winsize {
        ws_row: 50,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&person, size).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let end = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap());
    (File::from(person), end.unwrap().into())
}

/// Runs the program at a terminal with an answer typed; how it ended, and what the person saw.
fn at_terminal(
    url: &str,
    arguments: &[&str],
    answer: &str,
    variables: &[(&str, &str)],
) -> (i32, String) {
    let (mut person, end) = terminal(COLUMNS);
    let stream = || Stdio::from(end.try_clone().unwrap());
    let mut command = program(url, arguments);
    command.env("TERM", "xterm").envs(variables.iter().copied());
    let mut child = command
        .stdin(stream())
        .stdout(stream())
        .stderr(stream())
        .spawn()
        .unwrap();
    drop(command);
    drop(end);
    person.write_all(answer.as_bytes()).unwrap();
    let mut seen = Vec::new();
    // It ends with an error once nobody has the other end.
    let _ = person.read_to_end(&mut seen);
    let exit = child.wait().unwrap().code().unwrap();
    (exit, String::from_utf8_lossy(&seen).into_owned())
}

#[tokio::test]
async fn a_person_is_asked_before_a_pattern_and_may_say_no() {
    let server = crate::server().await;
    let url = server.url();
    let cache = cache(&url);
    cache.scope(user(1)).await;
    let arguments = ["invalidate", "pattern", "user:*"];
    for (answer, exit, left) in [("n\n", 1, 1), ("\n", 1, 1), ("y\n", 0, 0)] {
        let (ended, seen) = at_terminal(&url, &arguments, answer, &[]);
        assert_eq!(ended, exit, "{answer:?} {seen}");
        assert!(seen.contains("1 entry") && seen.contains("[y/N]"), "{seen}");
        let scanned = run(&url, &["scan", "--json"]).json();
        assert_eq!(
            scanned["entries"].as_array().unwrap().len(),
            left,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_terminal_has_colours_unless_they_are_not_wanted_and_its_own_width() {
    let server = crate::server().await;
    let url = server.url();
    cache(&url).scope(user(1)).await;
    let green = "\u{1b}[1m\u{1b}[32mhit";
    let (exit, seen) = at_terminal(&url, &["explain", "user:1"], "", &[]);
    assert_eq!(exit, 0);
    assert!(seen.contains(green), "{seen:?}");
    let (_, seen) = at_terminal(&url, &["explain", "user:1"], "", &[("NO_COLOR", "1")]);
    assert!(seen.contains("hit") && !seen.contains(green), "{seen:?}");
    let (_, seen) = at_terminal(&url, &["scan"], "", &[]);
    let table = seen.lines().filter(|line| !line.contains('\u{1b}'));
    let widest = table
        .map(|line| line.trim_end().chars().count())
        .max()
        .unwrap();
    assert!((30..=60).contains(&widest), "{widest}: {seen}");
}
