//! What people did by hand, noted in Redis: a stream under the prefix, of the last thousand or so, which ends 90 days
//! after the last.
//!
//! Source: `XADD` with `MAXLEN ~` (<https://redis.io/docs/latest/commands/xadd/>).

use serde::Serialize;

use super::{Admin, unavailable};
use crate::error::CacheError;
use crate::redis::{Fault, Said};

/// About how many actions are kept.
const KEPT: &[u8] = b"1000";

/// For how long after the last, in milliseconds: 90 days, as every key of the cache has an end.
const KEPT_MS: &[u8] = b"7776000000";

/// The most bytes of a text that are noted.
const LONGEST: usize = 512;

/// What somebody did by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Action {
    /// When it was noted, in Unix milliseconds of the clock of the node that keeps the log. It is what the log says;
    /// whatever stands here when an action is noted does not count.
    pub at_ms: u64,
    /// Who did it: `user@host`.
    pub who: String,
    /// What was done: `invalidate`, `expire`.
    pub what: String,
    /// Of what: `tag user:42`.
    pub target: String,
    /// How many it reached, where that is known.
    pub count: Option<u64>,
    /// What came of it: `done`, or why not.
    pub outcome: String,
}

impl Admin {
    /// Notes an action, texts cut at 512 bytes. The user of the connection needs the right to `xadd`.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if Redis did not take it.
    pub async fn note(&self, action: &Action) -> Result<(), CacheError> {
        let name = self.names().log();
        let count = action
            .count
            .map_or_else(String::new, |count| count.to_string());
        let mut words: Vec<&[u8]> = vec![b"XADD", name.as_bytes(), b"MAXLEN", b"~", KEPT, b"*"];
        for (field, text) in [
            ("who", &action.who),
            ("what", &action.what),
            ("target", &action.target),
            ("count", &count),
            ("outcome", &action.outcome),
        ] {
            words.extend([field.as_bytes(), cut(text).as_bytes()]);
        }
        let lives: &[&[u8]] = &[b"PEXPIRE", name.as_bytes(), KEPT_MS];
        let noted = self.redis()?.say(&[(&name, &words), (&name, lives)]).await;
        let noted: Result<Vec<_>, Fault> = noted.into_iter().collect();
        noted
            .map(drop)
            .map_err(|fault| unavailable("note the action", fault))
    }

    /// The last actions, the latest first. The user of the connection needs the right to `xrevrange`.
    ///
    /// # Errors
    ///
    /// [`CacheError::Unavailable`] if Redis did not tell.
    pub async fn actions(&self, most: usize) -> Result<Vec<Action>, CacheError> {
        let (name, most) = (self.names().log(), most.to_string());
        let words: &[&[u8]] = &[
            b"XREVRANGE",
            name.as_bytes(),
            b"+",
            b"-",
            b"COUNT",
            most.as_bytes(),
        ];
        let said = self.redis()?.say(&[(&name, words)]).await.pop();
        let said = said.unwrap_or(Err(Fault::Protocol));
        let said = said.map_err(|fault| unavailable("read the log of actions", fault))?;
        let lines = said.list().unwrap_or_default().iter();
        Ok(lines.filter_map(read).collect())
    }
}

/// A line of the stream; none if it is of another form, as anybody may have written there.
fn read(line: &Said) -> Option<Action> {
    let [id, fields] = line.list()? else {
        return None;
    };
    let (at, _) = id.text()?.split_once('-')?;
    let field = |name: &str| {
        let mut pairs = fields.list()?.chunks_exact(2);
        let pair = pairs.find(|pair| pair[0].text() == Some(name))?;
        pair[1].text().map(str::to_owned)
    };
    Some(Action {
        at_ms: at.parse().ok()?,
        who: field("who")?,
        what: field("what")?,
        target: field("target")?,
        count: field("count")?.parse().ok(),
        outcome: field("outcome")?,
    })
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Said {
        Said::Bytes(text.into())
    }

    #[test]
    fn only_a_line_of_this_form_is_read() {
        let fields = [
            "who", "a@b", "what", "expire", "target", "tag x", "count", "", "outcome", "done",
        ];
        let line = |id: &str, fields: &[&str]| {
            let fields = fields.iter().map(|field| text(field)).collect();
            read(&Said::List(vec![text(id), Said::List(fields)]))
        };
        let action = line("1700000000000-0", &fields).unwrap();
        assert_eq!(
            (action.at_ms, &*action.who, action.count),
            (1_700_000_000_000, "a@b", None)
        );
        for (id, fields) in [
            ("x-0", fields.as_slice()),
            ("17", &fields),
            ("17-0", &fields[..8]),
            ("17-0", &["who"]),
        ] {
            assert_eq!(line(id, fields), None, "{id} {fields:?}");
        }
        assert_eq!(read(&Said::Nothing), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        let long = "é".repeat(LONGEST);
        assert_eq!(cut(&format!("a{long}")).len(), LONGEST - 1);
    }
}
