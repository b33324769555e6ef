//! The statistics of namespaces as a table.

use std::fmt;

use super::Stats;

/// The longest text that is printed, in characters.
const WIDEST: usize = 256;

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self
            .namespaces
            .iter()
            .map(|row| plain(&row.namespace))
            .collect();
        let width = names.iter().map(|name| name.chars().count());
        let width = width.fold("namespace".len(), usize::max);
        writeln!(
            f,
            "{:width$}  {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10} {:>9}",
            "namespace",
            "memory",
            "redis",
            "misses",
            "loads",
            "followers",
            "load p50",
            "stored",
            "troubles",
        )?;
        for (row, name) in self.namespaces.iter().zip(&names) {
            writeln!(
                f,
                "{:width$}  {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} B {:>9}",
                name,
                row.memory_hits,
                row.redis_hits,
                row.misses.total(),
                row.loads,
                row.followers,
                row.load_time
                    .quantile(0.5)
                    .map_or_else(|| "-".to_owned(), |took| format!("≤{took:?}")),
                row.stored_bytes,
                row.troubles
                    .values()
                    .fold(0, |sum: u64, count| sum.saturating_add(*count)),
            )?;
        }
        Ok(())
    }
}

/// A text as a terminal may be shown it: that of another process may be any.
pub(crate) fn plain(text: &str) -> String {
    let shown = text.chars().take(WIDEST);
    shown.map(|c| if is_plain(c) { c } else { '?' }).collect()
}

/// Whether it neither moves the cursor nor changes the direction of what follows.
fn is_plain(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !c.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::NamespaceStats;

    #[test]
    fn a_hostile_name_stays_in_its_row() {
        let hostile = ["\u{1b}[2Jx\ny", "\u{202e}abc", &"w".repeat(1 << 20)];
        let namespaces = hostile.map(|name| NamespaceStats {
            namespace: name.to_owned(),
            ..NamespaceStats::default()
        });
        let stats = Stats {
            namespaces: namespaces.into(),
            ..Stats::default()
        };
        let shown = stats.to_string();
        assert_eq!(shown.lines().count(), 4);
        assert!(shown.len() < 4 * 1_024, "{}", shown.len());
        assert!(shown.chars().all(|c| c == '\n' || is_plain(c)));
        assert!(shown.contains("?[2Jx?y"), "{shown}");
    }
}
