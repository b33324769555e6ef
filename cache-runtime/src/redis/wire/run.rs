//! Which run of which server it is, and as which master: what stamps are made under.

use redis::{Pipeline, Value};

use crate::redis::terms::fault::Fault;

/// The first 8 bytes of the server's run id, combined with as many of its replication id: another
/// after each restart, and each time that the server becomes a master. A deletion that a failover
/// lost comes back when the old master is one again, though it was never restarted: as a replica it
/// was given what the other had. The replication id also changes when the first replica comes, which
/// costs hits.
///
/// Source: `INFO` and "How Redis replication works" of the Redis documentation (`run_id`,
/// `master_replid`).
pub(in crate::redis) type RunId = [u8; 8];

/// A server that keeps its replication id to itself has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redis) struct Run {
    server: u64,
    replication: Option<u64>,
}

impl Run {
    pub(in crate::redis) fn ask(pipeline: &mut Pipeline) {
        pipeline.cmd("INFO").arg("server");
        pipeline.cmd("INFO").arg("replication");
    }

    /// Reads the answers to the asking.
    pub(in crate::redis) fn read(
        mut answer: impl FnMut() -> Result<Value, Fault>,
    ) -> Result<Self, Fault> {
        let (server, replication) = (answer()?, answer()?);
        Ok(Self {
            server: number(&server, "run_id:").ok_or(Fault::Protocol)?,
            replication: number(&replication, "master_replid:"),
        })
    }

    pub(in crate::redis) fn id(self) -> RunId {
        (self.server ^ self.replication.unwrap_or(0)).to_be_bytes()
    }
}

/// The first half of the hexadecimal digits on a line of `INFO`.
fn number(info: &Value, name: &str) -> Option<u64> {
    let text = match info {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok()?,
        Value::VerbatimString { text, .. } => text,
        Value::SimpleString(text) => text,
        _ => return None,
    };
    let id = text.lines().find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(id.get(..16)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(server: &str, replication: &str) -> Result<RunId, Fault> {
        let mut answers = [server, replication]
            .map(|text| Value::BulkString(text.into()))
            .into_iter();
        Run::read(|| answers.next().ok_or(Fault::Protocol)).map(Run::id)
    }

    #[test]
    fn it_is_of_the_first_half_of_both_ids() {
        let server = "# Server\r\nrun_id:00000000000000ff0123456789abcdef01234567\r\n";
        let replication =
            "role:master\r\nmaster_replid:00000000000001000123456789abcdef01234567\r\n";
        assert_eq!(read(server, replication), Ok([0, 0, 0, 0, 0, 0, 1, 0xff]));
        assert_eq!(
            read(server, "role:master\r\n"),
            Ok([0, 0, 0, 0, 0, 0, 0, 0xff])
        );
    }

    #[test]
    fn nonsense_is_no_run() {
        for nonsense in [
            "",
            "run_id:",
            "run_id:12",
            "run_id:zzzzzzzzzzzzzzzzzz",
            "run_id:ééééééééééé",
        ] {
            assert_eq!(read(nonsense, ""), Err(Fault::Protocol), "{nonsense}");
        }
        assert_eq!(number(&Value::Nil, "run_id:"), None);
    }
}
