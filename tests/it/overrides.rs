//! A settings file: what it replaces of annotations, when that holds, and what a mistake in it says.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use cache_runtime::{Cache, CacheError, Clock, Policy, SettingFrom, Tier, cached};
use tempfile::TempDir;

use crate::log::Log;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3_600);

#[cached(ns = "plans", ttl = "1h", jitter = 0.0)]
async fn plan(id: u32) -> String {
    format!("plan {id}")
}

#[cached(ns = "plans", ttl = "1h", jitter = 0.0, stale = "1m")]
async fn other_plan(id: u32) -> u32 {
    id
}

/// A file that a test writes.
struct File(TempDir);

impl File {
    fn of(text: &str) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        file.write(text);
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("cache.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn cache(&self) -> Result<Cache, CacheError> {
        Cache::builder().config(self.path()).build()
    }
}

/// How long a new entry is fresh.
async fn ttl(cache: &Cache, id: u32) -> u64 {
    cache
        .scope(async {
            plan(id).await;
            let found = plan_entry(id).inspect().await;
            found.map_or(0, |found| found.fresh_for.as_secs().next_multiple_of(60))
        })
        .await
}

#[tokio::test]
async fn a_table_replaces_what_the_annotation_says_and_a_functions_what_its_namespace_does() {
    let file = File::of(
        "[namespace.plans]\nttl = \"2h\"\njitter = 0\n\n[function.other_plan]\nttl = 600\n",
    );
    let cache = file.cache().unwrap();
    assert_eq!(ttl(&cache, 1).await, 7_200);
    let settings =
        cache.scope(async { (plan_entry(1).settings(), other_plan_entry(1).settings()) });
    let (settings, others) = settings.await;
    let shown = |settings: &[cache_runtime::SettingInForce], name: &str| {
        let setting = settings
            .iter()
            .find(|setting| setting.name == name)
            .unwrap();
        (setting.value.clone(), setting.from)
    };
    assert_eq!(
        shown(&settings, "ttl"),
        ("7200000ms".to_owned(), SettingFrom::NamespaceTable)
    );
    assert_eq!(
        shown(&settings, "enabled"),
        ("true".to_owned(), SettingFrom::Annotation)
    );
    assert_eq!(
        shown(&others, "ttl"),
        ("600000ms".to_owned(), SettingFrom::FunctionTable)
    );
    assert_eq!(
        shown(&others, "stale"),
        ("60000ms".to_owned(), SettingFrom::Annotation)
    );
    assert_eq!(
        others[0].to_string(),
        "ttl = 600000ms (settings file, function)"
    );
}

#[cached(ns = "placed", ttl = "1h", tiers = [redis])]
async fn placed(id: u32) -> u32 {
    id
}

#[tokio::test]
async fn a_table_says_which_tiers_have_what_is_stored() {
    let server = server().await;
    let file = File::of(
        "[namespace.plans]\ntiers = [\"memory\"]\n\n[namespace.placed]\ntiers = [\"redis\", \"memory\"]\n",
    );
    let builder = Cache::builder().url(server.url()).config(file.path());
    let cache = builder.build().unwrap();
    cache.connect().await.unwrap();
    let found = cache.scope(async {
        plan(1).await;
        placed(1).await;
        let settings = placed_entry(1).settings();
        let tiers = settings.into_iter().find(|setting| setting.name == "tiers");
        let found = plan_entry(1).inspect().await.unwrap().tier;
        (
            found,
            placed_entry(1).inspect().await.unwrap().tier,
            tiers.unwrap().to_string(),
        )
    });
    let (plan_at, placed_at, tiers) = found.await;
    assert_eq!((plan_at, placed_at), (Tier::Memory, Tier::Memory));
    assert_eq!(tiers, "tiers = memory, redis (settings file, namespace)");
    let keys = server.keys().await.unwrap();
    assert!(
        !keys.is_empty() && !keys.iter().any(|key| key.contains("plans")),
        "{keys:?}"
    );
    file.write("[namespace.plans]\ntiers = [\"redis\"]\n");
    cache.reload().unwrap();
    cache.scope(plan(2)).await;
    let at = cache.scope(async { plan_entry(2).inspect().await.unwrap().tier });
    assert_eq!(at.await, Tier::Redis);
    for wrong in ["[]", "[\"disk\"]"] {
        file.write(&format!("[namespace.plans]\ntiers = {wrong}\n"));
        let error = cache.reload().unwrap_err().to_string();
        assert!(error.contains("`tiers`"), "{error}");
    }
}

#[tokio::test]
async fn a_change_holds_for_what_is_stored_from_then_on() {
    let server = server().await;
    let file = File::of("");
    let clock = Clock::manual();
    let caches = [
        Cache::builder()
            .clock(clock.clone())
            .config(file.path())
            .build()
            .unwrap(),
        Cache::builder()
            .url(server.url())
            .config(file.path())
            .build()
            .unwrap(),
    ];
    for cache in &caches {
        assert_eq!(ttl(cache, 1).await, 3_600);
    }
    file.write("[namespace.plans]\nttl = \"10m\"\n");
    for cache in &caches {
        cache.reload().unwrap();
        assert_eq!((ttl(cache, 1).await, ttl(cache, 2).await), (3_600, 600));
    }
    clock.advance(HOUR / 2);
    assert_eq!(caches[0].stats().namespace("plans").unwrap().loads, 2);
    assert_eq!(
        (ttl(&caches[0], 1).await, ttl(&caches[0], 2).await),
        (1_800, 600)
    );
    assert_eq!(caches[0].stats().namespace("plans").unwrap().loads, 3);
}

#[tokio::test]
async fn a_changed_file_is_read_by_itself_and_a_wrong_one_changes_nothing() {
    let file = File::of("");
    let cache = file.cache().unwrap();
    file.write("[namespace.plans]\nttl = \"20m\"\n");
    let is_read = async || {
        cache.namespace("plans").invalidate().await.unwrap();
        ttl(&cache, 1).await == 1_200
    };
    until(LIMIT, is_read).await;
    file.write("[namespace.plans]\nttl = \"20 parsecs\"\n");
    let wrong = cache.reload().unwrap_err().to_string();
    assert!(
        wrong.contains("line 2") && wrong.contains("20 parsecs"),
        "{wrong}"
    );
    assert_eq!(ttl(&cache, 2).await, 1_200);
    fs::remove_file(file.path()).unwrap();
    assert!(
        cache
            .reload()
            .unwrap_err()
            .to_string()
            .contains("can't be read")
    );
    assert_eq!(ttl(&cache, 3).await, 1_200);
}

#[tokio::test]
async fn what_is_turned_off_runs_without_the_cache_and_is_invalidated_all_the_same() {
    let file = File::of("");
    let cache = file.cache().unwrap();
    let hits = || {
        cache
            .stats()
            .namespace("plans")
            .map_or(0, |row| row.memory_hits)
    };
    cache
        .scope(async {
            plan(1).await;
            plan(1).await;
            assert_eq!(hits(), 1);
            file.write("[function.plan]\nenabled = false\n");
            cache.reload().unwrap();
            plan(1).await;
            assert_eq!((hits(), plan_entry(1).get().await), (1, None));
            other_plan(1).await;
            other_plan(1).await;
            assert_eq!(hits(), 2, "it is of the same namespace");
            plan_entry(1).invalidate().await.unwrap();
            file.write("[namespace.plans]\nenabled = false\n[function.plan]\nenabled = true\n");
            cache.reload().unwrap();
            assert_eq!(plan_entry(1).get().await, None, "it was invalidated");
            plan(1).await;
            plan(1).await;
            other_plan(1).await;
            assert_eq!(hits(), 3);
        })
        .await;
}

#[tokio::test]
async fn a_mistake_is_told_by_build_and_a_name_that_is_nearly_right_by_an_event() {
    let file = File::of("[namespace.plans]\ntll = 5\n");
    let wrong = file.cache().unwrap_err().to_string();
    assert!(
        wrong.contains("`config` is wrong") && wrong.contains("line 2: unknown field `tll`"),
        "{wrong}"
    );
    assert!(!wrong.contains('\n'), "{wrong}");
    let wrong = Cache::builder()
        .config("/nowhere/cache.toml")
        .build()
        .unwrap_err();
    assert!(wrong.to_string().contains("can't be read"), "{wrong}");
    let wrong = Cache::memory().reload().unwrap_err().to_string();
    assert!(wrong.contains("there is no settings file"), "{wrong}");
    let log = Log::default();
    let _guard = log.listen();
    file.write(
        "[namespace.palns]\nttl = 5\n[function.\"shop::plann\"]\nttl = 5\n[function.plam]\n",
    );
    let cache = file.cache().unwrap();
    let said = |word, table: &str| {
        let lines = log.lines(word).into_iter();
        let lines = lines.filter(|line| line.contains(&format!("table={table}")));
        lines.collect::<Vec<_>>()
    };
    let warned = said("is it misspelt", "namespace.palns");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("used=\"plans\""), "{warned:?}");
    for table in ["function.shop::plann", "function.plam"] {
        let said = said("no annotated function", table);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("INFO"), "{said:?}");
    }
    let before = log.lines("settings file").len();
    for id in 0..3 {
        ttl(&cache, id).await;
    }
    assert_eq!(log.lines("settings file").len(), before, "once");
}

#[cached(ns = "seldom_used", ttl = "1h")]
#[expect(dead_code, reason = "that is what is tried")]
async fn seldom_called(id: u32) -> u32 {
    id
}

#[tokio::test]
async fn a_misspelt_function_is_told_of_before_it_is_called() {
    let log = Log::default();
    let _guard = log.listen();
    let file = File::of(
        "[namespace.seldom_usde]\nttl = 5\n[function.\"overrides::seldom_caled\"]\nttl = 5\n[function.seldom_called]\n",
    );
    let cache = file.cache().unwrap();
    let warned = log.lines("is it misspelt");
    assert_eq!(warned.len(), 2, "{warned:?}");
    for (table, used) in [
        (
            "function.overrides::seldom_caled",
            "overrides::seldom_called",
        ),
        ("namespace.seldom_usde", "seldom_used"),
    ] {
        let said = format!("table={table} used=\"{used}\"");
        let is_warned = |line: &&String| line.contains("WARN") && line.contains(&said);
        assert_eq!(warned.iter().filter(is_warned).count(), 1, "{warned:?}");
    }
    file.write("[function.seldom_called]\nttl = 5\n");
    cache.reload().unwrap();
    assert_eq!(log.lines("is it misspelt").len(), 2);
}

#[tokio::test]
async fn a_namespace_made_at_run_time_is_compared_when_it_is_used() {
    const POLICY: Policy = Policy::new(HOUR);
    let log = Log::default();
    let _guard = log.listen();
    let file = File::of("[namespace.tenantt-eu]\nttl = 5\n[namespace.plans]\nttl = 5\n");
    let cache = file.cache().unwrap();
    assert_eq!(log.lines("is it misspelt"), Vec::<String>::new());
    for name in ["tenant-eu", "tenant-eu", "plas"] {
        let load = async { Ok::<u8, CacheError>(7) };
        cache.get_or_load(name, &1, &POLICY, load).await.unwrap();
    }
    let warned = log.lines("is it misspelt");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("used=\"tenant-eu\""), "{warned:?}");
}

#[cached(ns = "usage_analysis", ttl = "1h", jitter = 0.0)]
async fn usage(id: u32) -> u32 {
    id
}

#[tokio::test]
async fn the_file_in_the_documentation_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.toml");
    let cache = Cache::builder().config(path).build().unwrap();
    let ttl = cache.scope(async {
        usage(1).await;
        usage_entry(1).settings()[0].value.clone()
    });
    assert_eq!(ttl.await, "604800000ms", "a week");
}

/// So many functions as a service may have.
macro_rules! service {
    ($($name:ident)*) => {
        mod service {
            $(
                #[cache_runtime::cached(ttl = "1h", jitter = 0.0)]
                pub(super) async fn $name(id: u32) -> u32 {
                    id
                }
            )*
        }

        /// How long a new entry of each is fresh, in minutes.
        async fn minutes(id: u32) -> Vec<u64> {
            vec![$({
                service::$name(id).await;
                let found = entry_of::$name(id).inspect().await;
                found.map_or(0, |found| found.fresh_for.as_secs().div_ceil(60))
            }),*]
        }
    };
}

macro_rules! entries {
    ($($name:ident $entry:ident)*) => {
        service!($($name)*);

        mod entry_of {
            $(
                pub(super) fn $name(id: u32) -> cache_runtime::Entry<u32> {
                    super::service::$entry(id)
                }
            )*
        }
    };
}

entries! {
    f0 f0_entry f1 f1_entry f2 f2_entry f3 f3_entry f4 f4_entry f5 f5_entry f6 f6_entry f7 f7_entry f8 f8_entry f9 f9_entry
    g0 g0_entry g1 g1_entry g2 g2_entry g3 g3_entry g4 g4_entry g5 g5_entry g6 g6_entry g7 g7_entry g8 g8_entry g9 g9_entry
    h0 h0_entry h1 h1_entry h2 h2_entry h3 h3_entry h4 h4_entry h5 h5_entry h6 h6_entry h7 h7_entry h8 h8_entry h9 h9_entry
    i0 i0_entry i1 i1_entry i2 i2_entry i3 i3_entry i4 i4_entry i5 i5_entry i6 i6_entry i7 i7_entry i8 i8_entry i9 i9_entry
    j0 j0_entry j1 j1_entry j2 j2_entry j3 j3_entry j4 j4_entry j5 j5_entry j6 j6_entry j7 j7_entry j8 j8_entry j9 j9_entry
}

#[tokio::test]
async fn of_fifty_functions_one_is_changed() {
    let file = File::of("");
    let cache = file.cache().unwrap();
    let before = cache.scope(minutes(1)).await;
    assert_eq!(before, [60; 50]);
    file.write("[function.\"service::h3\"]\nttl = \"5m\"\n");
    cache.reload().unwrap();
    let (kept, after) = (cache.scope(minutes(1)).await, cache.scope(minutes(2)).await);
    assert_eq!(kept, [60; 50], "what is stored stays");
    let changed: Vec<_> = (0..50).filter(|at| after[*at] != 60).collect();
    assert_eq!((changed, after[23]), (vec![23], 5));
}
