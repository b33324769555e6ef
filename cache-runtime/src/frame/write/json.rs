//! A value as text: <https://www.rfc-editor.org/rfc/rfc8259>.
//!
//! It is what serde_json writes, and less: what would come back as something else is refused. A map's key is text,
//! so a number is quoted where it is a key.

use std::fmt;
use std::io::{self, Write};

use super::out::Out;
use crate::frame::shape::Mismatch;

/// Written as text.
pub(crate) struct Json {
    out: Out,
    /// Whether the last bracket was opened just now.
    is_first: bool,
    /// Whether a map's key is next.
    is_key: bool,
    /// Whether the type asks what there is, and must find all that it wrote told apart.
    is_asked: bool,
}

/// Of all numbers of 32 bits the one whose fewest digits are another number to who reads them as 64 bits and then makes
/// 32 of these, as types do that ask what there is: 7.038531e-26.
const ROUNDED_TWICE: u32 = 0x15ae_43fd;

/// What closes the parts of a part.
#[derive(Clone, Copy)]
pub(crate) enum Close {
    /// A sequence.
    List,
    /// A map or a struct.
    Object,
    /// A variant that holds one value.
    Variant,
    /// A variant that holds values without names.
    VariantList,
    /// A variant that holds values with names.
    VariantObject,
}

impl Json {
    pub(in crate::frame) fn new(out: Out) -> Self {
        Self {
            out,
            is_first: true,
            is_key: false,
            is_asked: false,
        }
    }

    /// Of a type that asks what there is.
    pub(in crate::frame) fn asked(out: Out) -> Self {
        Self {
            is_asked: true,
            ..Self::new(out)
        }
    }

    pub(in crate::frame) fn into_out(self) -> Out {
        self.out
    }

    /// A number or a truth value.
    pub(super) fn plain(&mut self, value: impl fmt::Display) -> Result<(), Mismatch> {
        let quote = match (self.is_key, self.is_asked) {
            (false, _) => "",
            (true, false) => "\"",
            (true, true) => return Err(Mismatch::Untold),
        };
        self.is_key = false;
        write!(self.out, "{quote}{value}{quote}").map_err(|_| Mismatch::Failed)
    }

    pub(super) fn signed(&mut self, value: i128) -> Result<(), Mismatch> {
        self.wide(
            value,
            i64::try_from(value).is_ok() || u64::try_from(value).is_ok(),
        )
    }

    pub(super) fn unsigned(&mut self, value: u128) -> Result<(), Mismatch> {
        self.wide(value, u64::try_from(value).is_ok())
    }

    /// A type that asks what there is can't be told of more than 64 bits.
    fn wide(&mut self, value: impl fmt::Display, fits: bool) -> Result<(), Mismatch> {
        match fits || !self.is_asked {
            true => self.plain(value),
            false => Err(Mismatch::Untold),
        }
    }

    pub(super) fn single(&mut self, value: f32) -> Result<(), Mismatch> {
        if value.abs().to_bits() == ROUNDED_TWICE {
            return self.double(value.into());
        }
        match value.is_finite() {
            true => self.plain(format_args!("{value:?}")),
            false => Err(Mismatch::NotFinite),
        }
    }

    /// The standard library writes the fewest digits that are read as this number again.
    pub(super) fn double(&mut self, value: f64) -> Result<(), Mismatch> {
        match value.is_finite() {
            true => self.plain(format_args!("{value:?}")),
            false => Err(Mismatch::NotFinite),
        }
    }

    pub(super) fn null(&mut self) -> Result<(), Mismatch> {
        match self.is_key {
            true => Err(Mismatch::Key),
            false => self.plain("null"),
        }
    }

    pub(super) fn letter(&mut self, letter: char) -> Result<(), Mismatch> {
        self.text(letter.encode_utf8(&mut [0; 4]))
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Mismatch> {
        self.is_key = false;
        quoted(&mut self.out, text).map_err(|_| Mismatch::Failed)
    }

    /// A list of numbers: there are no byte strings.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        if self.is_asked {
            return Err(Mismatch::Untold);
        }
        self.open(Close::List)?;
        for byte in bytes {
            self.item();
            self.plain(byte)?;
        }
        self.close(Close::List);
        Ok(())
    }

    /// Opens what closes so.
    pub(super) fn open(&mut self, close: Close) -> Result<(), Mismatch> {
        if self.is_key {
            return Err(Mismatch::Key);
        }
        self.out.add(match close {
            Close::List | Close::VariantList => b"[",
            Close::Object | Close::VariantObject => b"{",
            Close::Variant => b"",
        });
        self.is_first = true;
        Ok(())
    }

    /// Begins a variant that holds something.
    pub(super) fn variant(&mut self, name: &str) -> Result<(), Mismatch> {
        self.open(Close::Object)?;
        self.field(name)
    }

    pub(super) fn close(&mut self, close: Close) {
        self.out.add(match close {
            Close::List => b"]",
            Close::Object | Close::Variant => b"}",
            Close::VariantList => b"]}",
            Close::VariantObject => b"}}",
        });
        self.is_first = false;
    }

    /// What stands before an element or a key.
    pub(super) fn item(&mut self) {
        if !self.is_first {
            self.out.add(b",");
        }
        self.is_first = false;
    }

    /// What stands before a map's key.
    pub(super) fn key(&mut self) {
        self.item();
        self.is_key = true;
    }

    /// What stands between a key and its value.
    pub(super) fn value(&mut self) {
        self.out.add(b":");
    }

    /// A field's name, and what stands around it.
    pub(super) fn field(&mut self, name: &str) -> Result<(), Mismatch> {
        self.item();
        self.text(name)?;
        self.value();
        Ok(())
    }
}

/// Text in quotes: what may not stand there as it is has a backslash before it.
fn quoted(out: &mut Out, text: &str) -> io::Result<()> {
    out.add(b"\"");
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '\0'..='\u{1f}' | '"' | '\\')) {
        let (plain, special) = rest.split_at(at);
        let (special, after) = special.split_at(1);
        out.add(plain.as_bytes());
        match special {
            "\n" => out.add(b"\\n"),
            "\r" => out.add(b"\\r"),
            "\t" => out.add(b"\\t"),
            "\"" | "\\" => write!(out, "\\{special}")?,
            control => write!(out, "\\u{:04x}", control.as_bytes()[0])?,
        }
        rest = after;
    }
    out.add(rest.as_bytes());
    out.add(b"\"");
    Ok(())
}
