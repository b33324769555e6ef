//! The link on real servers.

mod burst;
mod calls;
mod handshake;
mod outage;
mod publishing;
mod puts;
mod reads;
mod scripts;
mod tracking;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_tests::Server;
use parking_lot::Mutex;

use super::terms::answers::Read;
use super::{Fault, Keys, LinkEvent, LinkSettings, LinkState, Pushed, Topology};

/// Long enough for a busy machine, where the limit is not what is tested.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a link told, in order.
type Told = Arc<Mutex<Vec<LinkEvent>>>;

/// What was pushed to a link, in order; `None` stands for every key.
type Heard = Arc<Mutex<Vec<Option<String>>>>;

/// A link that listens to itself.
fn link(url: &str, op_timeout_ms: u64) -> (Topology, Told) {
    let settings = LinkSettings::parse(url).unwrap();
    with(settings.with_times(Duration::from_millis(op_timeout_ms), Duration::from_secs(2)))
}

fn with(settings: LinkSettings) -> (Topology, Told) {
    let told = Told::default();
    let hears = Arc::clone(&told);
    (
        Topology::new(
            settings,
            move |_: &str, event| hears.lock().push(event),
            |_| {},
        ),
        told,
    )
}

/// A connected link with time enough for a busy machine.
async fn up(server: &Server) -> Topology {
    let (link, _) = link(&server.url(), 5_000);
    link.read(names(["warm"])).await.unwrap();
    link
}

/// A connected link with this lag, and what is pushed to it.
async fn tracked(url: &str, lag: Duration) -> (Topology, Heard) {
    let settings = LinkSettings::parse(url).unwrap();
    let settings = settings.with_times(Duration::from_secs(5), lag);
    let heard = Heard::default();
    let hears = Arc::clone(&heard);
    let hear = move |pushed: Pushed<'_>| {
        hears.lock().push(match pushed {
            Pushed::Changed(name) => Some(String::from_utf8(name.to_vec()).unwrap()),
            Pushed::All => None,
        });
    };
    let link = Topology::new(settings, |_: &str, _| {}, hear);
    until_read(&link).await;
    (link, heard)
}

fn names<const N: usize>(names: [&str; N]) -> Keys {
    names.into_iter().map(Arc::from).collect()
}

/// Reads until it succeeds; how long that took.
async fn until_read(link: &Topology) -> Duration {
    let start = Instant::now();
    while let Err(fault) = link.read(names(["key"])).await {
        assert!(start.elapsed() < PATIENCE, "still {fault:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

/// Waits until the link is in a state.
async fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The first that is told, perhaps a moment after its callers knew.
async fn first_down(told: &Told) -> Fault {
    until(|| !downs(told).is_empty()).await;
    downs(told)[0]
}

fn downs(told: &Told) -> Vec<Fault> {
    let faults = told.lock();
    let down = |event: &LinkEvent| match event {
        LinkEvent::Up | LinkEvent::Denied(_) => None,
        LinkEvent::Down(fault) => Some(*fault),
    };
    faults.iter().filter_map(down).collect()
}

/// How its one connection is.
fn state(link: &Topology) -> LinkState {
    link.report().remove(0).state
}

async fn unlink(link: &Topology, names: Keys) -> Result<(), Fault> {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut done = link.unlink(&[&names]).await.into_iter();
    done.try_for_each(|done| done.map(drop))
}

impl Read {
    fn values(self) -> Vec<Option<Vec<u8>>> {
        let bytes = self.found.into_iter().map(|found| found.bytes);
        bytes.map(|bytes| Some(bytes?.to_vec())).collect()
    }
}
