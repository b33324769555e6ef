//! The commands that are ever sent, or called by a script, and which of them a refusal names.

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
