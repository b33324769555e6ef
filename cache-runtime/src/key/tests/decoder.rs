//! Reads a key back. What can be read back was written injectively, and what can be read back with
//! anything after it is prefix-free.

use super::tree::{Float, Tree};
use crate::key::kind;

/// The tree at the start of `input`, which is left at the byte after it.
pub(super) fn decode(input: &mut &[u8]) -> Option<Tree> {
    let [kind] = take(input)?;
    Some(match kind {
        kind::UNIT => Tree::Unit,
        kind::FALSE => Tree::Bool(false),
        kind::TRUE => Tree::Bool(true),
        kind::U8 => Tree::Byte(u8::from_le_bytes(take(input)?)),
        kind::U64 => Tree::Unsigned(u64::from_le_bytes(take(input)?)),
        kind::I64 => Tree::Signed(i64::from_le_bytes(take(input)?)),
        kind::F64 => Tree::Float(Float::new(f64::from_le_bytes(take(input)?))),
        kind::CHAR => Tree::Char(char::from_u32(u32::from_le_bytes(take(input)?))?),
        kind::STR => Tree::Text(text(input)?),
        kind::BYTES => Tree::Bytes(run(input)?),
        kind::NONE => Tree::Optional(None),
        kind::SOME => Tree::Optional(Some(Box::new(decode(input)?))),
        kind::SEQUENCE => Tree::List(repeat(input, decode)?),
        kind::TUPLE => match <[Tree; 2]>::try_from(repeat(input, decode)?) {
            Ok([left, right]) => Tree::Pair(Box::new((left, right))),
            Err(_) => return None,
        },
        kind::MAP => Tree::Map(
            repeat(input, |input| Some((decode(input)?, decode(input)?)))?
                .into_iter()
                .collect(),
        ),
        kind::STRUCTURE => {
            let name = text(input)?;
            Tree::Structure(name, repeat(input, field)?.into_iter().collect())
        }
        kind::VARIANT => {
            let (name, variant) = (text(input)?, text(input)?);
            Tree::Variant(name, variant, repeat(input, field)?.into_iter().collect())
        }
        _ => return None,
    })
}

fn field(input: &mut &[u8]) -> Option<(String, Tree)> {
    Some((text(input)?, decode(input)?))
}

fn repeat<T>(input: &mut &[u8], mut item: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    (0..length(input)?).map(|_| item(input)).collect()
}

fn text(input: &mut &[u8]) -> Option<String> {
    String::from_utf8(run(input)?).ok()
}

fn run(input: &mut &[u8]) -> Option<Vec<u8>> {
    let length = length(input)?;
    let (run, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(run.to_vec())
}

fn length(input: &mut &[u8]) -> Option<usize> {
    match take(input)? {
        [0xff] => usize::try_from(u64::from_le_bytes(take(input)?)).ok(),
        [short] => Some(usize::from(short)),
    }
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*taken)
}
