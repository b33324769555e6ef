//! Sample values: what is offered to a part that refuses most values.

/// Whole numbers, those first that most parts accept.
pub(super) const NUMBERS: &[u8] = &[1, 0, 2, 3, 4, 7, 10, 12, 16, 32, 64, 100];

/// Fractions.
pub(super) const FRACTIONS: &[f32] = &[1.0, 0.0, 0.5, 2.0, -1.0, 100.0];

/// Characters.
pub(super) const CHARACTERS: &[char] = &['a', 'A', '1', '0', ' ', '/', 'é'];

/// Lengths of byte strings and of sequences.
pub(super) const LENGTHS: &[usize] = &[1, 0, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 28, 32, 48, 64];

/// Zeros to cut byte strings from.
pub(super) const ZEROS: &[u8] = &[0; 64];

/// Text: the kinds of thing that types parse.
pub(super) const TEXTS: &[&str] = &[
    "1",
    "a",
    "",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00:00:00",
    "2000-01-01T00:00:00",
    "00000000-0000-4000-8000-000000000000",
    "http://localhost/",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "[::1]:80",
    "127.0.0.0/8",
    "a@b.cc",
    "localhost",
    "A",
    "AA",
    "AAA",
    "en",
    "en-US",
    "+00:00",
    "UTC",
    "Mon",
    "Monday",
    "January",
    "1.0.0",
    "1.0",
    "1/1",
    "PT1S",
    "P1D",
    "1s",
    "+12025550123",
    "0000",
    "0000000000000000",
    "00000000000000000000000000",
    "0000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "#000000",
    "0x00",
    "AAAA",
    "/",
    "/a",
    "a/b",
    "application/json",
    "GET",
    "true",
    "abcdefgh",
    "Abcdefg1!",
    "{}",
    "[]",
    "null",
    "2000-01-01T00:00:00+00:00[UTC]",
    "2000-01-01 00:00:00",
    "2000",
];

/// How often a type may refuse what its parts accepted before it counts as stuck: each text once,
/// then numbers of different sizes side by side.
pub(super) const FLAVOURS: usize = TEXTS.len() + 2 * NUMBERS.len();

/// The sample for a leaf: `turn` counts the refusals it stands under, `place` tells the leaves of
/// one pass apart, so that late turns offer neighbours different values.
pub(super) fn pick<T: Copy>(from: &[T], turn: usize, place: usize) -> T {
    let spread = if turn >= TEXTS.len() { place } else { 0 };
    from[(turn + spread) % from.len()]
}
