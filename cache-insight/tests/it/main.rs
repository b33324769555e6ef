//! What is advised of a workload, whether following it helps, and when nothing is said. What is measured before and after
//! are counts: of loads, of stored bytes, of callers that wait.

mod compress;
mod memory;
mod not_worth_it;
mod stale_window;
mod ttl_longer;
mod ttl_shorter;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cache_insight::{Advise as _, Item, Kind, SettingsFile};
use cache_runtime::{Cache, CacheBuilder, Clock, Counts, SettingFrom};
use cache_tests::Server;
use tempfile::TempDir;

/// How long anything may take on a machine that has much else to do.
const LIMIT: Duration = Duration::from_secs(30);

/// A cache with a settings file, which has a comment and a table of another function's.
struct Program {
    cache: Cache,
    clock: Clock,
    folder: TempDir,
}

const BEFORE: &str =
    "# The program's own.\n[function.\"elsewhere::other\"]\nttl = \"7m\" # as it is\n";

impl Program {
    /// In memory alone, with a clock that the test moves.
    fn in_memory(bytes: u64) -> Self {
        Self::of(Cache::builder().url("memory:").memory_bytes(bytes))
    }

    fn on(server: &Server) -> Self {
        let builder = Cache::builder().url(server.url()).op_timeout(LIMIT);
        Self::of(builder.allowance(LIMIT))
    }

    fn of(builder: CacheBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cache.toml"), BEFORE).unwrap();
        let clock = Clock::manual();
        let builder = builder
            .config(folder.path().join("cache.toml"))
            .jitter(0.0)
            .clock(clock.clone());
        Self {
            cache: builder.build().unwrap(),
            clock,
            folder,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache.toml")
    }

    /// The one item of this kind.
    fn advised(&self, kind: Kind) -> Option<Item> {
        let advice = self.cache.advice();
        let mut items = advice.items.into_iter().filter(|item| item.kind == kind);
        let item = items.next();
        assert!(items.next().is_none());
        item
    }

    /// Applies an item, and waits until the program has taken it up by itself.
    async fn applies(&self, item: &Item) {
        assert!(item.confidence >= 0.8, "{item}");
        let items = std::slice::from_ref(item);
        SettingsFile::at(self.path()).apply(items).unwrap();
        let text = fs::read_to_string(self.path()).unwrap();
        assert!(
            text.contains("# The program's own.\n") && text.contains("# as it is"),
            "{text}"
        );
        let start = Instant::now();
        while !self.has_taken_up(item) {
            assert!(start.elapsed() < LIMIT, "{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn has_taken_up(&self, item: &Item) -> bool {
        if item.function.is_empty() {
            let bytes = self.cache.stats().memory.most_bytes;
            return item.change.to == format!("\"{}KiB\"", bytes / 1_024)
                || item.change.to == format!("\"{}MiB\"", bytes >> 20);
        }
        let sites = self.cache.sites();
        let site = sites.iter().find(|site| site.function == item.function);
        let settings = site.map(|site| site.settings.clone()).unwrap_or_default();
        settings.iter().any(|setting| {
            setting.name == item.change.setting && setting.from == SettingFrom::FunctionTable
        })
    }

    /// What a function has counted.
    fn counts(&self, function: &str) -> Counts {
        let stats = self.cache.stats();
        let mut rows = stats.functions.into_iter();
        let row = rows.find(|row| row.function.ends_with(function));
        row.map(|row| row.counts).unwrap_or_default()
    }
}

async fn server() -> Server {
    Server::start().await.unwrap()
}
