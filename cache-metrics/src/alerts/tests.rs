use std::time::{Duration, Instant};

use cache_runtime::Cache;

use super::figures::{Look, Node};
use super::*;
use crate::rate::Rate;

/// Alerts that are looked at by hand, at times of the test's own.
struct Scene {
    alerts: Alerts,
    watching: Watching,
    start: Instant,
    look: Look,
}

impl Scene {
    fn new(change: impl FnOnce(Alerts) -> Alerts) -> Self {
        let alerts = Alerts::of(&Exporter::new(&Cache::memory()));
        Self {
            alerts: change(alerts),
            watching: Watching {
                looks: Looks::default(),
                states: States::default(),
            },
            start: Instant::now(),
            look: Look::default(),
        }
    }

    /// What changes by a look so many seconds after the start, as lines.
    fn at(&mut self, seconds: u64) -> Vec<String> {
        let now = self.start + Duration::from_secs(seconds);
        let changed = self.watching.look(&self.alerts, self.look.clone(), now);
        changed.iter().map(ToString::to_string).collect()
    }

    /// Looks each 15 s, before each of which something happens; what changed, each with when it did.
    fn during(
        &mut self,
        (from, to): (u64, u64),
        mut happens: impl FnMut(&mut Look),
    ) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        for seconds in (from..=to).step_by(15) {
            happens(&mut self.look);
            all.extend(self.at(seconds).into_iter().map(|line| (seconds, line)));
        }
        all
    }
}

fn reads(look: &mut Look, namespace: &str, hits: u64, misses: u64) {
    let before = look.reads.entry(namespace.to_owned()).or_default();
    let mut counts = cache_runtime::Counts::default();
    (counts.calls.memory, counts.calls.loaded) = (hits, misses);
    *before = before.and(Rate::of(&counts));
    look.calls += hits + misses;
}

fn node(is_closed: bool, is_tracking: bool) -> Vec<Node> {
    vec![Node {
        node: "one:6379".to_owned(),
        is_closed,
        is_tracking,
        is_up: is_closed,
    }]
}

#[test]
fn a_low_hit_rate_is_told_of_after_its_time_and_is_over_once_it_is_well_above() {
    let mut scene = Scene::new(|alerts| alerts.off(Alarm::MissRateHigh));
    let fired = scene.during((0, 600), |look| reads(look, "user", 85, 15));
    // The first look has none before it, the next begins.
    assert_eq!(
        fired,
        [(
            315,
            "CacheHitRateLow (warning): 85 % of all reads are hits \
             (docs/alerts/README.md#cachehitratelow)"
                .to_owned()
        )]
    );
    // Above the threshold, and not above where it ends: it stays.
    assert_eq!(
        scene.during((615, 1_500), |look| reads(look, "user", 91, 9)),
        []
    );
    assert_eq!(scene.watching.states.firing(&scene.alerts.rules).len(), 1);
    // The window is of five minutes, and a minute must be calm.
    let over = scene.during((1_515, 2_400), |look| reads(look, "user", 99, 1));
    assert_eq!(over.len(), 1, "{over:?}");
    assert_eq!(over[0].1, "CacheHitRateLow is over");
    let calm = over[0].0 - 60;
    assert!((1_530..1_815).contains(&calm), "{over:?}");
    assert_eq!(scene.watching.states.firing(&scene.alerts.rules), []);
}

#[test]
fn what_passes_before_its_time_is_over_tells_nobody() {
    let mut scene = Scene::new(|alerts| alerts);
    for start in [0, 900] {
        // Its limits are passed for five minutes less a look.
        let low = scene.during((start, start + 285), |look| reads(look, "user", 89, 11));
        let high = scene.during((start + 300, start + 885), |look| {
            reads(look, "user", 1_000, 0);
        });
        assert_eq!((low, high), (vec![], vec![]));
    }
}

#[test]
fn little_traffic_alerts_nobody_and_one_that_fires_is_over_when_it_falls_silent() {
    let mut scene = Scene::new(|alerts| alerts);
    assert_eq!(
        scene.during((0, 1_800), |look| reads(look, "user", 0, 4)),
        []
    );
    let fired = scene.during((1_815, 3_600), |look| reads(look, "user", 0, 40));
    let names: Vec<_> = fired
        .iter()
        .map(|(_, line)| line.split(' ').next())
        .collect();
    let expected = [
        "CacheHitRateLow",
        "CacheHitRateVeryLow",
        "CacheMissRateHigh",
    ];
    assert_eq!(names, expected.map(Some));
    assert!(
        fired[2].1.contains("of the reads of user miss"),
        "{fired:?}"
    );
    let over = scene.during((3_615, 4_500), |_| {});
    assert_eq!(over.len(), 3, "{over:?}");
    assert!(
        over.iter().all(|(_, line)| line.ends_with("is over")),
        "{over:?}"
    );
}

#[test]
fn an_alert_of_a_namespace_is_its_own() {
    let mut scene = Scene::new(|alerts| alerts);
    let fired = scene.during((0, 1_200), |look| {
        reads(look, "user", 960, 40);
        reads(look, "order", 40, 60);
    });
    assert_eq!(fired.len(), 1, "{fired:?}");
    assert!(
        fired[0].1.contains("60 % of the reads of order miss"),
        "{fired:?}"
    );
    let firing = scene.watching.states.firing(&scene.alerts.rules);
    assert_eq!(firing[0].about, "order");
}

#[test]
fn a_breaker_fires_after_half_a_minute_and_by_node() {
    let mut scene = Scene::new(|alerts| alerts);
    scene.look.nodes = node(true, true);
    assert_eq!(scene.at(0), [""; 0]);
    scene.look.nodes = node(false, false);
    assert_eq!(scene.at(15), [""; 0]);
    assert_eq!(scene.at(30), [""; 0]);
    let fired = scene.at(45);
    assert_eq!(
        fired,
        [
            "CacheBreakerOpen (critical): one:6379 is asked for nothing: it does not answer \
          (docs/alerts/README.md#cachebreakeropen)"
        ]
    );
    assert_eq!(scene.at(60), [""; 0], "it is told once");
    scene.look.nodes = node(true, true);
    assert_eq!(scene.at(75), [""; 0]);
    // It wavers: the minute begins anew.
    scene.look.nodes = node(false, false);
    assert_eq!(scene.at(90), [""; 0]);
    scene.look.nodes = node(true, true);
    assert_eq!(scene.at(105), [""; 0]);
    assert_eq!(scene.at(150), [""; 0]);
    assert_eq!(scene.at(165), ["CacheBreakerOpen of one:6379 is over"]);
}

#[test]
fn a_node_without_pushes_counts_while_it_is_up() {
    let mut scene = Scene::new(|alerts| alerts.off(Alarm::BreakerOpen));
    let down = scene.during((0, 900), |look| look.nodes = node(false, false));
    assert_eq!(down, []);
    let up = scene.during((915, 1_800), |look| look.nodes = node(true, false));
    assert_eq!(up.len(), 1, "{up:?}");
    assert_eq!(up[0].0, 1_215);
}

#[test]
fn what_a_server_has_counts_where_it_has_a_limit() {
    let mut scene = Scene::new(|alerts| alerts);
    let of = |most| vec![("one".to_owned(), 90.0, most)];
    assert_eq!(scene.during((0, 600), |look| look.servers = of(0.0)), []);
    let fired = scene.during((615, 1_200), |look| look.servers = of(100.0));
    assert_eq!(fired.len(), 1, "{fired:?}");
    assert!(
        fired[0].1.contains("one has 90 % of the memory"),
        "{fired:?}"
    );
}

#[test]
fn full_memory_counts_where_it_drops_what_is_used() {
    let mut scene = Scene::new(|alerts| alerts);
    scene.look.memory = (95, 100);
    let kept = scene.during((0, 1_200), |look| reads(look, "user", 1_000, 0));
    assert_eq!(kept, []);
    let dropped = scene.during((1_215, 2_700), |look| {
        reads(look, "user", 1_000, 0);
        look.evictions += 20;
    });
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert!(dropped[0].1.contains("memory is 95 % full"), "{dropped:?}");
}

#[test]
fn slow_hits_and_errors_and_what_is_owed_have_rules_that_fire() {
    let mut scene = Scene::new(|alerts| alerts);
    let fired = scene.during((0, 900), |look| {
        reads(look, "user", 1_000, 0);
        look.errors += 100;
        look.owed = 3;
        look.redis_hits = vec![(0.008, 0), (0.016, look.calls), (0.256, look.calls / 10)];
    });
    let names: Vec<_> = fired
        .iter()
        .map(|(_, line)| line.split(' ').next())
        .collect();
    let expected = [
        "CacheOwesInvalidations",
        "CacheSlow",
        "CacheVerySlow",
        "CacheErrors",
    ];
    assert_eq!(names, expected.map(Some), "{fired:?}");
}

#[test]
fn thresholds_and_times_can_be_changed_and_what_can_not_be_is_refused() {
    let exporter = Exporter::new(&Cache::memory());
    let alerts = || Alerts::of(&exporter);
    for at in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = alerts().threshold(Alarm::Slow, at).unwrap_err();
        assert!(
            matches!(refused, BadThreshold::OutOfRange { .. }),
            "{refused}"
        );
    }
    let refused = alerts().threshold(Alarm::BreakerOpen, 0.5).unwrap_err();
    assert!(
        refused.to_string().contains("turn it off by `off`"),
        "{refused}"
    );

    let mut scene = Scene::new(|alerts| {
        let alerts = alerts.threshold(Alarm::HitRateLow, 0.5).unwrap();
        let alerts = alerts.hold(Alarm::HitRateLow, Duration::ZERO);
        alerts
            .off(Alarm::MissRateHigh)
            .off(Alarm::HitRateVeryLow)
            .least(10)
    });
    assert_eq!(scene.during((0, 600), |look| reads(look, "user", 6, 4)), []);
    let fired = scene.during((615, 900), |look| reads(look, "user", 1, 9));
    assert_eq!(fired.len(), 1, "{fired:?}");
}

#[test]
fn who_is_told_may_panic() {
    let alerts = Alerts::of(&Exporter::new(&Cache::memory()));
    let alerts = alerts.on_change(|_| panic!("as meant"));
    let rule = &alerts.rules[0];
    alerts.tell(&Alert::of(rule, "", 0.5, Change::Fires));
    alerts.tell(&Alert::of(rule, "", 0.5, Change::IsOver));
}

#[test]
fn without_a_runtime_there_is_nobody_to_look() {
    let alerts = Alerts::of(&Exporter::new(&Cache::memory()));
    assert_eq!(alerts.watch().map(drop), Err(NoRuntime));
}

#[tokio::test]
async fn dropped_it_looks_no_more() {
    let exporter = Exporter::new(&Cache::memory());
    let watched = Alerts::of(&exporter).every(Duration::ZERO).watch().unwrap();
    let alerts = Arc::downgrade(&watched.alerts);
    assert_eq!(watched.firing(), []);
    drop(watched);
    while alerts.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}
