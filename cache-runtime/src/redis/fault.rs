//! Why Redis did not do what was asked, from a closed list of causes. No server text is kept: it may
//! quote a key or a password.

use super::rights::{Command, refused};
use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no connection.
    Down,
    /// No answer within `op_timeout`.
    Timeout,
    /// The call has waited for Redis as long as it may in all.
    Allowance,
    /// Nobody answers at its address.
    Unreachable,
    /// The connection broke.
    Broken,
    /// The user or the password is wrong, or missing.
    Auth,
    /// The user may not touch the key, or run a command that the server did not name.
    NoPermission,
    /// The user may not run this command.
    MayNotRun(&'static Command),
    /// The key holds another type of value.
    WrongType,
    /// The node is a replica.
    ReadOnly,
    /// The server's memory is full and its policy evicts nothing.
    OutOfMemory,
    /// The server is still reading its data set, or has lost its master.
    NotReady,
    /// The node's cluster has no master for some slots, or the node is cut off from it.
    ClusterDown,
    /// The slot is on its way from one node to another, and was not found at either.
    SlotMoving,
    /// It lost the scripts just loaded.
    NoScript,
    /// TLS could not be agreed on, or the certificate is not trusted.
    Tls,
    /// The sentinels name another master than the one that is connected to, or that one's replication
    /// has another id than at the handshake.
    Replaced,
    /// No sentinel answers.
    SentinelsUnreachable,
    /// No sentinel knows a master of the name in the URL.
    UnknownMaster,
    /// The sentinels want another user or password than the URL gives for them, or it may not ask.
    SentinelAuth,
    /// Too few replicas had it in time.
    NotReplicated,
    /// An answer of an unexpected form.
    Protocol,
    /// Another error of the server.
    Refused,
}

impl Fault {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Timeout => "timeout",
            Self::Allowance => "allowance_spent",
            Self::Unreachable => "unreachable",
            Self::Broken => "connection_broken",
            Self::Auth => "wrong_user_or_password",
            Self::NoPermission => "no_permission",
            Self::MayNotRun(command) => command.cause,
            Self::WrongType => "wrong_type",
            Self::ReadOnly => "read_only",
            Self::OutOfMemory => "out_of_memory",
            Self::NotReady => "not_ready",
            Self::ClusterDown => "cluster_down",
            Self::SlotMoving => "slot_moving",
            Self::NoScript => "no_script",
            Self::Tls => "tls",
            Self::Replaced => "replaced",
            Self::SentinelsUnreachable => "sentinels_unreachable",
            Self::UnknownMaster => "unknown_master",
            Self::SentinelAuth => "wrong_sentinel_user_or_password",
            Self::NotReplicated => "not_replicated",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
        }
    }

    /// Whether Redis could not be asked, rather than that it would not do what was asked.
    pub(crate) fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Down
                | Self::Timeout
                | Self::Allowance
                | Self::Broken
                | Self::NotReady
                | Self::ReadOnly
                | Self::ClusterDown
        )
    }

    /// Whether the connection is of no more use.
    pub(super) fn ends_the_connection(self) -> bool {
        matches!(
            self,
            Self::Broken | Self::ReadOnly | Self::ClusterDown | Self::Protocol
        )
    }

    pub(super) fn of(error: &RedisError) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Auth,
            ErrorKind::Server(kind) => Self::of_kind(kind, error.detail()),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Protocol,
            _ if error.is_io_error() && is_of_tls(&error.to_string()) => Self::Tls,
            _ if error.is_unrecoverable_error() || error.is_io_error() => Self::Broken,
            _ => Self::of_code(error.code().unwrap_or_default()),
        }
    }

    /// The server's error, if that is what it answered.
    pub(super) fn of_answer(answer: &Value) -> Option<Self> {
        match answer {
            Value::ServerError(error) => Some(Self::of(&error.clone().into())),
            _ => None,
        }
    }

    fn of_kind(kind: ServerErrorKind, detail: Option<&str>) -> Self {
        let detail = detail.unwrap_or_default();
        // Looked for whatever the kind: the client tells of a refused `SELECT` as of any error.
        if let Some(command) = refused(detail) {
            return Self::MayNotRun(command);
        }
        match kind {
            ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown => Self::NotReady,
            ServerErrorKind::ClusterDown => Self::ClusterDown,
            ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::TryAgain => {
                Self::SlotMoving
            }
            ServerErrorKind::NoScript => Self::NoScript,
            ServerErrorKind::ReadOnly => Self::ReadOnly,
            ServerErrorKind::NoPerm => Self::NoPermission,
            // An error inside a script is a plain `ERR` that quotes the real one.
            _ => Self::of_code(detail),
        }
    }

    fn of_code(text: &str) -> Self {
        let codes = [
            ("WRONGPASS", Self::Auth),
            ("NOAUTH", Self::Auth),
            ("NOPERM", Self::NoPermission),
            ("WRONGTYPE", Self::WrongType),
            ("NOREPLICAS", Self::NotReplicated),
            ("OOM", Self::OutOfMemory),
            ("READONLY", Self::ReadOnly),
            ("LOADING", Self::NotReady),
            // Of a command inside a script, before Redis 7.2 and since.
            ("The user executing the script can't", Self::NoPermission),
            ("ACL failure in script", Self::NoPermission),
            ("out of memory", Self::OutOfMemory),
        ];
        let found = codes.into_iter().find(|(code, _)| text.contains(code));
        found.map_or(Self::Refused, |(_, fault)| fault)
    }
}

/// Whether it was TLS that failed, ours or the other side's: the client tells it in words alone.
fn is_of_tls(text: &str) -> bool {
    let words = ["certificate", "received fatal alert", "corrupt message"];
    words.iter().any(|word| text.contains(word))
}
