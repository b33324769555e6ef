//! Commands as they go over the wire: lists of strings, each behind its length.

/// Begins a command of so many words.
pub(in crate::redis) fn begin(packed: &mut Vec<u8>, words: usize) {
    length(packed, b'*', words);
}

/// Adds a word.
pub(in crate::redis) fn word(packed: &mut Vec<u8>, word: &[u8]) {
    length(packed, b'$', word.len());
    packed.extend_from_slice(word);
    packed.extend_from_slice(b"\r\n");
}

/// Adds a word that is a number.
pub(in crate::redis) fn number(packed: &mut Vec<u8>, number: u64) {
    let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
    length(packed, b'$', digits);
    decimal(packed, number);
    packed.extend_from_slice(b"\r\n");
}

fn length(packed: &mut Vec<u8>, mark: u8, length: usize) {
    packed.push(mark);
    decimal(packed, length as u64);
    packed.extend_from_slice(b"\r\n");
}

fn decimal(packed: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        decimal(packed, number / 10);
    }
    packed.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_client_packs() {
        for count in [0, 9, 10, 1_234_567_890_123, u64::MAX] {
            let mut packed = Vec::new();
            begin(&mut packed, 3);
            word(&mut packed, b"SET");
            word(&mut packed, b"");
            number(&mut packed, count);
            let by_client = redis::cmd("SET").arg("").arg(count).get_packed_command();
            assert_eq!(packed, by_client);
        }
    }
}
