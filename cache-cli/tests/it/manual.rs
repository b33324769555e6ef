//! The man page, the completions and the guide speak of each command.

use crate::run;

const COMMANDS: [&str; 18] = [
    "backup",
    "restore",
    "backups",
    "advice",
    "keys",
    "hours",
    "explain",
    "get",
    "scan",
    "invalidate",
    "expire",
    "watch",
    "serve",
    "warm",
    "doctor",
    "log",
    "completions",
    "man",
];

#[test]
fn the_man_page_and_the_guide_have_each_command() {
    const GUIDE: &str = include_str!("../../../docs/guide/src/cachectl.md");
    let man = run("memory:", &["man"]);
    assert_eq!(man.exit, 0);
    assert!(
        man.out.starts_with(".ie") || man.out.starts_with(".TH"),
        "{}",
        &man.out[..40]
    );
    for command in COMMANDS {
        assert!(
            man.out.contains(&format!("cachectl\\-{command}")),
            "{command}"
        );
        let page = run("memory:", &["man", command]);
        assert_eq!(page.exit, 0, "{page:?}");
        assert!(
            page.out.contains(&format!(".TH cachectl-{command} 1")),
            "{command}"
        );
        assert!(GUIDE.contains(&format!("cachectl {command}")), "{command}");
    }
    for code in [
        "0 done",
        "1 nothing found",
        "2 wrong arguments",
        "3 Redis can",
        "4 Redis refused",
        "5 done in part",
    ] {
        assert!(man.out.replace("\\*(Aq", "'").contains(code), "{code}");
    }
}

#[test]
fn every_shell_is_completed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run("memory:", &["completions", shell]);
        assert_eq!(ran.exit, 0, "{shell}");
        assert!(
            ran.out.contains("invalidate") && ran.out.contains("dry-run"),
            "{shell}"
        );
    }
}
