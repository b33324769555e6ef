//! `cachectl get`: the value of an entry, as far as it can be shown without its type.

use std::fmt::Write as _;

use cache_runtime::admin::{Admin, EntryHeader, Shown};
use serde::Serialize;
use serde_json::Value;

use super::find::find;
use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::{Page, Report, print, print_raw, units};

/// How many bytes of a binary value a person is shown.
const SHOWN: usize = 4_096;

#[derive(Debug, Serialize)]
struct Gotten {
    name: String,
    header: EntryHeader,
    stored_bytes: usize,
    bytes: usize,
    value: Readable,
}

/// A value as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Readable {
    /// With names: JSON.
    Json(Value),
    /// Hexadecimal digits.
    Hex(String),
}

pub(crate) async fn get(
    admin: &Admin,
    asked: &arguments::Get,
    json: bool,
) -> Result<Exit, Failure> {
    let which = &asked.which;
    let names = find(admin, &which.key, which.namespace.as_deref()).await?;
    let name = match names.as_slice() {
        [] => None,
        [one] => Some(one),
        many => {
            return Err(Failure::usage(format!(
                "{} entries have the key {}: name one of them, {}",
                many.len(),
                which.key,
                many.join(" or ")
            )));
        }
    };
    let found = match name {
        Some(name) => admin.payload(name).await?.map(|payload| (name, payload)),
        None => None,
    };
    let Some((name, payload)) = found else {
        return Err(Failure {
            exit: Exit::Negative,
            text: format!("nothing is stored under {}", which.key),
        });
    };
    if asked.raw {
        match &payload.shown {
            Shown::Json(text) => print_raw(text.as_bytes())?,
            Shown::Binary(bytes) => print_raw(bytes)?,
            _ => {}
        }
        return Ok(Exit::Done);
    }
    let value = match payload.shown {
        Shown::Json(text) => match serde_json::from_str(&text) {
            Ok(value) => Readable::Json(value),
            // Deeper or longer than this reader takes.
            Err(_) => Readable::Json(Value::String(text)),
        },
        Shown::Binary(bytes) => Readable::Hex(hex(&bytes)),
        _ => Readable::Hex(String::new()),
    };
    let report = Gotten {
        name: name.clone(),
        header: payload.header,
        stored_bytes: payload.stored_bytes,
        bytes: payload.bytes,
        value,
    };
    print(&report, json)?;
    Ok(Exit::Done)
}

impl Report for Gotten {
    fn tell(&self, page: &mut Page) {
        page.pair("entry", &self.name);
        let header = &self.header;
        page.pair(
            "value",
            &format!(
                "{}, {} ({} in Redis, compressed with {}{})",
                header.codec,
                units::bytes(self.bytes as u64),
                units::bytes(self.stored_bytes as u64),
                header.compression,
                if header.is_encrypted {
                    ", encrypted"
                } else {
                    ""
                }
            ),
        );
        match &self.value {
            Readable::Json(value) => {
                page.block(&serde_json::to_string_pretty(value).unwrap_or_default());
            }
            Readable::Hex(digits) => tell_hex(page, digits),
        }
    }
}

/// Lines of sixteen bytes, each with its place.
fn tell_hex(page: &mut Page, digits: &str) {
    page.line("bincode says nothing of its type; these are its bytes:");
    let shown = digits.get(..2 * SHOWN).unwrap_or(digits);
    for (at, line) in shown.as_bytes().chunks(32).enumerate() {
        let line = String::from_utf8_lossy(line);
        page.line(&format!("{:08x}  {line}", at * 16));
    }
    if shown.len() < digits.len() {
        let left = (digits.len() - shown.len()) / 2;
        page.line(&format!("… ({left} more bytes; `--raw` gives all)"));
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
