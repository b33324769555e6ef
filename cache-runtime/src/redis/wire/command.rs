//! The commands that are ever sent, or called by a script, and which of them a refusal names.

use crate::redis::terms::fault::Refused;

macro_rules! commands {
    ($($name:literal),* $(,)?) => {
        /// All that is ever sent, or called by a script: as the server calls it, and as it is granted,
        /// `+client|tracking`; and what its refusal is called.
        static COMMANDS: &[(&str, Refused)] = &[$((
            $name,
            Refused { cause: concat!("no_permission: ", $name) },
        )),*];
    };
}

commands![
    "asking",
    "client|tracking",
    "cluster|info",
    "cluster|myid",
    "cluster|shards",
    "config|get",
    "dbsize",
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
    "xadd",
    "xrevrange",
];

/// Which command a refusal names, in the words of Redis 6.2 to 8.
pub(in crate::redis) fn refused(text: &str) -> Option<&'static Refused> {
    let (_, named) = text.split_once("has no permissions to run the '")?;
    let name = named.split('\'').next()?.to_ascii_lowercase();
    // A server before 7.0 names the first word alone.
    let mut each = COMMANDS.iter();
    let (_, refused) = each.find(|(command, _)| {
        *command == name || command.split('|').next() == Some(name.as_str())
    })?;
    Some(refused)
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
            assert_eq!(refused(text).map(|refused| refused.cause), Some(cause));
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
