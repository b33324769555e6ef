//! "Did you mean": the known name a mistyped one is closest to.

use proc_macro2::Ident;

/// The candidate that is at most a third of its letters away from `word`.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// What stands behind "no such name": the one that may be meant, and all that there are.
pub(crate) fn among(names: &[String], word: &Ident) -> String {
    let word = word.to_string();
    let hint = nearest(&word, names.iter().map(String::as_str));
    let hint = hint.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
    match names {
        [] => format!("{hint} (it has none)"),
        names => {
            let list = names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ");
            format!("{hint} (it has {list})")
        }
    }
}

/// The edits (insert, delete, replace) that turn one word into the other (Levenshtein 1966).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ttl"), 3);
        assert_eq!(distance("tags", "tags"), 0);
    }

    #[test]
    fn suggests_only_what_is_close() {
        assert_eq!(nearest("tll", ["ns", "ttl", "tags"]), Some("ttl"));
        assert_eq!(nearest("compres", ["ns", "compress"]), Some("compress"));
        assert_eq!(nearest("timeout", ["ns", "ttl", "tags"]), None);
    }
}
