//! What the user may run, asked at the handshake: a server does not say which command of a script it
//! refused, and one that is refused seldom would be found out late.

use redis::{Pipeline, Value};

use super::fault::Fault;
use super::scripts::RELEASE;

/// A command that an ACL may refuse.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// As the server calls it, and as it is granted: `+client|tracking`.
    name: &'static str,
    /// The fault's word.
    pub(in crate::redis) cause: &'static str,
}

macro_rules! commands {
    ($($name:literal),* $(,)?) => {
        /// All that is ever sent, or called by a script.
        static COMMANDS: &[Command] = &[$(Command {
            name: $name,
            cause: concat!("no_permission: ", $name),
        }),*];
    };
}

commands![
    "asking",
    "client|tracking",
    "cluster|info",
    "cluster|myid",
    "cluster|shards",
    "del",
    "evalsha",
    "exists",
    "get",
    "getrange",
    "hello",
    "info",
    "mget",
    "pexpire",
    "pttl",
    "role",
    "scan",
    "script|load",
    "select",
    "set",
    "time",
    "type",
    "unlink",
    "wait",
];

/// Which command a refusal names, in the words of Redis 6.2 to 8.
pub(in crate::redis) fn refused(text: &str) -> Option<&'static Command> {
    let (_, named) = text.split_once("has no permissions to run the '")?;
    let name = named.split('\'').next()?.to_ascii_lowercase();
    // A server before 7.0 names the first word alone.
    let is_named = |command: &&Command| {
        command.name == name || command.name.split('|').next() == Some(name.as_str())
    };
    COMMANDS.iter().find(is_named)
}

/// Commands that change nothing where `key` is absent, and next to nothing where it is not.
pub(in crate::redis) fn ask(pipeline: &mut Pipeline, key: &str, waits: bool) {
    for reads in ["GET", "MGET", "EXISTS", "TYPE", "PTTL"] {
        pipeline.cmd(reads).arg(key);
    }
    for writes in ["DEL", "UNLINK"] {
        pipeline.cmd(writes).arg(key);
    }
    pipeline.cmd("GETRANGE").arg(key).arg(0).arg(0);
    pipeline.cmd("PEXPIRE").arg(key).arg(1);
    pipeline
        .cmd("SET")
        .arg(key)
        .arg("")
        .arg("XX")
        .arg("PX")
        .arg(1);
    // A lease of this token there is not.
    let mut call = RELEASE.call(1);
    call.arg(key).arg("");
    pipeline.add_command(call);
    if waits {
        pipeline.cmd("WAIT").arg(0).arg(0);
    }
}

/// What the answers refuse, each once. Other errors pass: they are told where they matter.
pub(in crate::redis) fn denied<'a>(answers: impl Iterator<Item = &'a Value>) -> Vec<Fault> {
    let mut denied = Vec::new();
    for fault in answers.filter_map(Fault::of_answer) {
        let is_refusal = matches!(fault, Fault::NoPermission | Fault::MayNotRun(_));
        if is_refusal && !denied.contains(&fault) {
            denied.push(fault);
        }
    }
    denied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_a_refusal_is_found_in_the_words_of_each_version() {
        for (text, cause) in [
            (
                "this user has no permissions to run the 'info' command",
                "no_permission: info",
            ),
            (
                "User ada has no permissions to run the 'client|tracking' command",
                "no_permission: client|tracking",
            ),
            (
                "this user has no permissions to run the 'script' command or its subcommand",
                "no_permission: script|load",
            ),
        ] {
            assert_eq!(refused(text).map(|command| command.cause), Some(cause));
        }
        for other in [
            "No permissions to access a key",
            "unknown command 'hello', with args beginning with: '3'",
            "this user has no permissions to run the 'other' command",
        ] {
            assert_eq!(refused(other), None, "{other}");
        }
    }
}
