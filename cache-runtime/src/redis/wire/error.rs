//! Errors of the client and of a server, read as faults.

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use super::command::refused;
use super::distrust;
use crate::redis::terms::fault::Fault;

impl From<&RedisError> for Fault {
    fn from(error: &RedisError) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        if let Some(fault) = distrust::of(error) {
            return fault;
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Auth,
            ErrorKind::Server(kind) => of_kind(kind, error.detail()),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Protocol,
            _ if error.is_io_error() && is_of_tls(&error.to_string()) => Self::Tls,
            _ if error.is_unrecoverable_error() || error.is_io_error() => Self::Broken,
            _ => of_code(error.code().unwrap_or_default()),
        }
    }
}

/// An answer, or the fault that a server's error stands for.
pub(in crate::redis) fn unwrap(answer: Value) -> Result<Value, Fault> {
    match refusal(&answer) {
        Some(fault) => Err(fault),
        None => Ok(answer),
    }
}

/// The server's error as a fault, if that is what it answered.
pub(in crate::redis) fn refusal(answer: &Value) -> Option<Fault> {
    match answer {
        Value::ServerError(error) => Some(Fault::from(&error.clone().into())),
        _ => None,
    }
}

fn of_kind(kind: ServerErrorKind, detail: Option<&str>) -> Fault {
    let detail = detail.unwrap_or_default();
    // Looked for whatever the kind: the client tells of a refused `SELECT` as of any error.
    if let Some(command) = refused(detail) {
        return Fault::MayNotRun(command);
    }
    match kind {
        ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown => Fault::NotReady,
        ServerErrorKind::ClusterDown => Fault::ClusterDown,
        ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::TryAgain => {
            Fault::SlotMoving
        }
        ServerErrorKind::NoScript => Fault::NoScript,
        ServerErrorKind::ReadOnly => Fault::ReadOnly,
        ServerErrorKind::NoPerm => Fault::NoPermission,
        // An error inside a script is a plain `ERR` that quotes the real one.
        _ => of_code(detail),
    }
}

fn of_code(text: &str) -> Fault {
    let codes = [
        ("WRONGPASS", Fault::Auth),
        ("NOAUTH", Fault::Auth),
        ("NOPERM", Fault::NoPermission),
        ("WRONGTYPE", Fault::WrongType),
        ("NOREPLICAS", Fault::NotReplicated),
        ("OOM", Fault::OutOfMemory),
        ("READONLY", Fault::ReadOnly),
        ("LOADING", Fault::NotReady),
        // Of a command inside a script, before Redis 7.2 and since.
        ("The user executing the script can't", Fault::NoPermission),
        ("ACL failure in script", Fault::NoPermission),
        ("out of memory", Fault::OutOfMemory),
    ];
    let found = codes.into_iter().find(|(code, _)| text.contains(code));
    found.map_or(Fault::Refused, |(_, fault)| fault)
}

/// Whether it was TLS that failed, ours or the other side's: the client tells it in words alone.
fn is_of_tls(text: &str) -> bool {
    let words = ["certificate", "received fatal alert", "corrupt message"];
    words.iter().any(|word| text.contains(word))
}
