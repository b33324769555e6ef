//! A payload that is text: <https://www.rfc-editor.org/rfc/rfc8259>.
//!
//! How many parts there are is not said in advance: they end where their bracket does. A map's key stands in quotes
//! whatever it is, so a number is looked for inside them where one is asked for.

use std::str;

use super::Halt;
use super::token::Token;
use crate::frame::shape::Leaf;

/// What is left of the text.
pub(crate) struct Json<'de> {
    left: &'de [u8],
    /// Whether the last bracket was opened just now.
    is_first: bool,
    /// Whether a map's key is next.
    is_key: bool,
}

impl<'de> Json<'de> {
    pub(super) fn new(text: &'de [u8]) -> Self {
        Self {
            left: text,
            is_first: false,
            is_key: false,
        }
    }

    /// Whether nothing is left but space.
    pub(super) fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// The next byte that is no space.
    fn peek(&self) -> Option<u8> {
        after_space(self.left).first().copied()
    }

    /// Takes what is next, if it is this, and the space before it.
    fn takes(&mut self, what: &[u8]) -> bool {
        self.left = after_space(self.left);
        let rest = self.left.strip_prefix(what);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    fn take(&mut self, what: &[u8]) -> Result<(), Halt> {
        match self.takes(what) {
            true => Ok(()),
            false => Err(Halt),
        }
    }

    /// Whether a sequence or a map is next.
    pub(super) fn holds_parts(&self) -> bool {
        matches!(self.peek(), Some(b'[' | b'{'))
    }

    /// Opens a sequence or a map, and returns by which byte it ends.
    pub(super) fn open(&mut self) -> Result<u8, Halt> {
        if self.is_key {
            return Err(Halt);
        }
        self.is_first = true;
        match self.takes(b"{") {
            true => Ok(b'}'),
            false => self.take(b"[").map(|()| b']'),
        }
    }

    /// Takes what stands before another part, unless the parts end here.
    pub(super) fn more(&mut self, end: u8) -> Result<bool, Halt> {
        if self.peek() == Some(end) {
            return Ok(false);
        }
        if !self.is_first {
            self.take(b",")?;
        }
        self.is_first = false;
        self.is_key = end == b'}';
        Ok(true)
    }

    /// Takes what stands between a key and its value.
    pub(super) fn value(&mut self) -> Result<(), Halt> {
        self.is_key = false;
        self.take(b":")
    }

    /// Takes the end of the parts.
    pub(super) fn close(&mut self, end: u8) -> Result<(), Halt> {
        self.is_first = false;
        self.take(&[end])
    }

    /// Takes a null, if it is next.
    pub(super) fn null(&mut self) -> bool {
        !self.is_key && self.takes(b"null")
    }

    /// What is next, if it has no parts.
    pub(super) fn next(&mut self) -> Result<Token<'de>, Halt> {
        if self.takes(b"\"") {
            self.is_key = false;
            return self.text();
        }
        if self.is_key {
            return Err(Halt);
        }
        match self.peek() {
            Some(b'n') => self.take(b"null").map(|()| Token::Unit),
            Some(b't') => self.take(b"true").map(|()| Token::Bool(true)),
            Some(b'f') => self.take(b"false").map(|()| Token::Bool(false)),
            _ => number(self.digits()?),
        }
    }

    /// What is next where a value without parts is asked for.
    pub(super) fn leaf(&mut self, leaf: Leaf) -> Result<Token<'de>, Halt> {
        let is_text = matches!(leaf, Leaf::Str | Leaf::String | Leaf::Char | Leaf::Bytes);
        if self.is_key && !is_text {
            let Token::Str(text) = self.next()? else {
                return Err(Halt);
            };
            let mut inside = Self::new(text.as_bytes());
            let token = inside.leaf(leaf)?;
            return if inside.is_at_end() {
                Ok(token)
            } else {
                Err(Halt)
            };
        }
        match (leaf, self.peek()) {
            // Read at once as what it is to be: by way of the other it may be rounded twice.
            (Leaf::F32, Some(b'-' | b'0'..=b'9')) => {
                finite(self.digits()?, f32::is_finite, Token::F32)
            }
            (Leaf::F64, Some(b'-' | b'0'..=b'9')) => {
                finite(self.digits()?, f64::is_finite, Token::F64)
            }
            _ => self.next(),
        }
    }

    /// A number as it is written.
    fn digits(&mut self) -> Result<&'de str, Halt> {
        let left = after_space(self.left);
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = left.iter().take_while(|byte| is_part(byte)).count();
        let (digits, rest) = left.split_at(len);
        self.left = rest;
        let digits = str::from_utf8(digits).map_err(|_| Halt)?;
        if is_number(digits) {
            Ok(digits)
        } else {
            Err(Halt)
        }
    }

    /// The rest of a text and the quote behind it: a part of the payload, unless something in it is escaped.
    fn text(&mut self) -> Result<Token<'de>, Halt> {
        let plain = self.plain()?;
        if self.left.first() == Some(&b'"') {
            self.left = &self.left[1..];
            return Ok(Token::Str(plain));
        }
        let mut text = plain.to_owned();
        loop {
            let (byte, rest) = self.left.split_first().ok_or(Halt)?;
            self.left = rest;
            match byte {
                b'"' => return Ok(Token::String(text)),
                b'\\' => text.push(self.escaped()?),
                _ => return Err(Halt),
            }
            text.push_str(self.plain()?);
        }
    }

    /// Text up to what means something else than itself.
    fn plain(&mut self) -> Result<&'de str, Halt> {
        let is_plain = |byte: &u8| !matches!(byte, 0..=0x1f | b'"' | b'\\');
        let len = self.left.iter().take_while(|byte| is_plain(byte)).count();
        let (plain, rest) = self.left.split_at(len);
        self.left = rest;
        str::from_utf8(plain).map_err(|_| Halt)
    }

    /// What a backslash stands before.
    fn escaped(&mut self) -> Result<char, Halt> {
        let (byte, rest) = self.left.split_first().ok_or(Halt)?;
        self.left = rest;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(*byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut units = [self.unit()?, 0];
                let is_half = (0xd800..0xdc00).contains(&units[0]);
                if is_half {
                    self.left = self.left.strip_prefix(b"\\u").ok_or(Halt)?;
                    units[1] = self.unit()?;
                }
                let units = &units[..1 + usize::from(is_half)];
                let mut decoded = char::decode_utf16(units.iter().copied());
                decoded.next().ok_or(Halt)?.map_err(|_| Halt)?
            }
            _ => return Err(Halt),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, Halt> {
        let (digits, rest) = self.left.split_at_checked(4).ok_or(Halt)?;
        self.left = rest;
        let value =
            |unit: u16, digit: &u8| Some(unit << 4 | char::from(*digit).to_digit(16)? as u16);
        digits.iter().try_fold(0, value).ok_or(Halt)
    }
}

/// What is left behind space.
fn after_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = text {
        text = rest;
    }
    text
}

/// Whether something is a number, as JSON writes one.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (
            number,
            exponent.strip_prefix(['-', '+']).unwrap_or(exponent),
        ),
        None => (text, "0"),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let are_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let leads = whole.len() > 1 && whole.starts_with('0');
    are_digits(whole) && !leads && are_digits(fraction) && are_digits(exponent)
}

/// A number that nobody said the type of: one without a fraction is whole, however large.
fn number<'de>(digits: &str) -> Result<Token<'de>, Halt> {
    if digits.contains(['.', 'e', 'E']) {
        return finite(digits, f64::is_finite, Token::F64);
    }
    let wide = || {
        digits
            .parse()
            .map(Token::U128)
            .or(digits.parse().map(Token::I128))
    };
    let narrow = digits
        .parse()
        .map(Token::U64)
        .or(digits.parse().map(Token::I64));
    narrow.or_else(|_| wide()).map_err(|_| Halt)
}

fn finite<'de, F: Copy + str::FromStr>(
    digits: &str,
    is_finite: fn(F) -> bool,
    token: fn(F) -> Token<'de>,
) -> Result<Token<'de>, Halt> {
    match digits.parse() {
        Ok(value) if is_finite(value) => Ok(token(value)),
        _ => Err(Halt),
    }
}
