//! Puts, a load and an invalidation of one entry, in every order in which their scripts can run on a
//! real server.

use cache_tests::Server;
use futures_util::future::join_all;

use super::{names, unlink, up};
use crate::redis::{Claimed, FillAsk, Filled, LeaseAsk, Leased, Topology};

/// How many orders are under way at once.
const AT_ONCE: usize = 32;

/// Who writes an entry; `Before` is what is there at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    Before,
    Load,
    Put(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Claim(usize),
    Fill(usize),
    Ask,
    Store,
    Invalidate,
    /// The lease is evicted, or its time is over.
    Lapse,
}

/// What is there at first.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    Loaded,
    Put,
}

/// What one order is run with.
#[derive(Clone, Copy, Debug)]
struct Setting {
    before: Before,
    share: bool,
}

/// 16 bytes, the first odd if a put's.
fn id(writer: Writer, before: Before) -> [u8; 16] {
    let first = match (writer, before) {
        (Writer::Before, Before::Put) => 0x81,
        (Writer::Before, _) => 0x80,
        (Writer::Load, _) => 0x40,
        (Writer::Put(n), _) => u8::try_from(2 * n + 1).unwrap(),
    };
    [first; 16]
}

fn frame(id: &[u8; 16]) -> Vec<u8> {
    [b"CACHE\0\0\0".as_slice(), id, b"payload"].concat()
}

/// Every order of the steps of these actors, each of whom keeps its own order.
fn orders(actors: &[Vec<Step>]) -> Vec<Vec<Step>> {
    if actors.iter().all(Vec::is_empty) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..actors.len() {
        let mut rest = actors.to_vec();
        if rest[at].is_empty() {
            continue;
        }
        let first = rest[at].remove(0);
        all.extend(
            orders(&rest)
                .into_iter()
                .map(|order| [vec![first], order].concat()),
        );
    }
    all
}

/// What happened at each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    Nothing,
    Acquired,
    Stored,
    Superseded,
    Lost,
}

/// One order on its own keys.
struct Scene<'a> {
    link: &'a Topology,
    setting: Setting,
    lease: String,
    entry: String,
    claims: [Option<Claimed>; 3],
    acquired: bool,
}

impl Scene<'_> {
    async fn run(&mut self, step: Step) -> Did {
        let Self {
            lease, entry, link, ..
        } = self;
        match step {
            Step::Claim(put) => {
                let token = id(Writer::Put(put), self.setting.before);
                let claimed = link.claim((lease, entry), &token, 60_000).await;
                self.claims[put] = Some(claimed.unwrap().0);
                Did::Nothing
            }
            Step::Fill(put) => {
                let claimed = self.claims[put].take();
                self.fill(Writer::Put(put), claimed.as_ref()).await
            }
            Step::Ask => self.ask().await,
            Step::Store if self.acquired => self.fill(Writer::Load, None).await,
            Step::Store => Did::Nothing,
            Step::Invalidate => {
                unlink(link, names([lease, entry])).await.unwrap();
                Did::Nothing
            }
            Step::Lapse => {
                unlink(link, names([lease])).await.unwrap();
                Did::Nothing
            }
        }
    }

    async fn ask(&mut self) -> Did {
        let before = id(Writer::Before, self.setting.before);
        let ask = LeaseAsk {
            lease: &self.lease,
            entry: &self.entry,
            token: &id(Writer::Load, self.setting.before),
            ttl_ms: 60_000,
            invalid_id: match self.setting.before {
                Before::Nothing => b"",
                _ => &before,
            },
            share: self.setting.share,
        };
        let leased = self.link.lease(&ask, &[]).await.unwrap().leased.unwrap();
        assert!(!matches!(leased, Leased::Shared { .. }), "a put's token");
        self.acquired = leased == Leased::Acquired;
        if self.acquired {
            Did::Acquired
        } else {
            Did::Nothing
        }
    }

    async fn fill(&self, writer: Writer, claimed: Option<&Claimed>) -> Did {
        let id = id(writer, self.setting.before);
        let ask = FillAsk {
            lease: &self.lease,
            entry: &self.entry,
            token: &id,
            frame: &frame(&id),
            ttl_ms: 60_000,
            claimed,
        };
        match self.link.fill(&ask).await.unwrap() {
            Filled::Stored(_) => Did::Stored,
            Filled::Superseded => Did::Superseded,
            Filled::Lost => Did::Lost,
        }
    }

    /// Whose entry is there.
    async fn there(&self) -> Option<Writer> {
        let read = self.link.read(names([&self.entry])).await.unwrap();
        let there = read.values().remove(0)?;
        let all = [
            Writer::Before,
            Writer::Load,
            Writer::Put(0),
            Writer::Put(1),
            Writer::Put(2),
        ];
        let is_of = |writer: &Writer| there == frame(&id(*writer, self.setting.before));
        Some(all.into_iter().find(is_of).unwrap())
    }
}

/// What happened in one order.
struct Run {
    told: String,
    order: Vec<Step>,
    did: Vec<Did>,
    there: Vec<Option<Writer>>,
}

impl Run {
    fn at(&self, step: Step) -> Option<usize> {
        self.order.iter().position(|one| *one == step)
    }

    /// When a writer took the lease: what it writes is as old as that.
    fn began(&self, writer: Writer) -> usize {
        let step = match writer {
            Writer::Before => return 0,
            Writer::Load => Step::Ask,
            Writer::Put(put) => Step::Claim(put),
        };
        // What was there is older than any step.
        self.at(step).unwrap() + 1
    }

    fn puts(&self) -> impl Iterator<Item = usize> {
        (0..3).filter(|put| self.at(Step::Claim(*put)).is_some())
    }

    /// When the lease is taken away from all.
    fn broken(&self) -> Option<usize> {
        self.at(Step::Invalidate).or_else(|| self.at(Step::Lapse))
    }

    fn judge(&self) {
        self.nothing_older_comes_back();
        for put in self.puts() {
            self.judge_put(put);
        }
        self.the_last_put_is_there();
        if let (Some(store), Some(Did::Acquired)) = (
            self.at(Step::Store),
            self.at(Step::Ask).map(|ask| self.did[ask]),
        ) {
            let between = self.at(Step::Ask).unwrap()..store;
            let took =
                |step: &Step| matches!(step, Step::Claim(_) | Step::Invalidate | Step::Lapse);
            let lost = self.order[between].iter().any(took);
            let expected = if lost { Did::Lost } else { Did::Stored };
            assert_eq!(self.did[store], expected, "the load: {}", self.told);
        }
    }

    /// After an invalidation, and after a put ended in whatever way, what is there began later.
    fn nothing_older_comes_back(&self) {
        let mut least = 0;
        for (at, step) in self.order.iter().enumerate() {
            least = match step {
                Step::Invalidate => least.max(at + 1),
                Step::Fill(put) => least.max(self.began(Writer::Put(*put))),
                _ => least,
            };
            if let Some(writer) = self.there[at] {
                assert!(self.began(writer) >= least, "step {at}: {}", self.told);
            }
        }
    }

    fn judge_put(&self, put: usize) {
        let (claim, fill) = (
            self.at(Step::Claim(put)).unwrap(),
            self.at(Step::Fill(put)).unwrap(),
        );
        let during = claim..fill;
        let later = self.order[during.clone()].iter().skip(1);
        let later = later.clone().any(|step| matches!(step, Step::Claim(_)));
        let is_broken = self.broken().is_some_and(|at| during.contains(&at));
        let did = self.did[fill];
        match (later, is_broken) {
            (false, false) => assert_eq!(did, Did::Stored, "put {put}: {}", self.told),
            (false, true) => assert_eq!(did, Did::Lost, "put {put}: {}", self.told),
            (true, false) => assert_eq!(did, Did::Superseded, "put {put}: {}", self.told),
            (true, true) => assert_ne!(did, Did::Stored, "put {put}: {}", self.told),
        }
    }

    /// Unless it lost its lease: whatever another invalidated put or load does.
    fn the_last_put_is_there(&self) {
        let last = self
            .puts()
            .max_by_key(|put| self.began(Writer::Put(*put)))
            .unwrap();
        let broken = self
            .broken()
            .is_some_and(|at| at + 1 > self.began(Writer::Put(last)));
        if !broken {
            assert_eq!(
                self.there.last().unwrap(),
                &Some(Writer::Put(last)),
                "{}",
                self.told
            );
        }
    }
}

async fn run(link: &Topology, number: usize, setting: Setting, order: Vec<Step>) -> Run {
    let mut scene = Scene {
        link,
        setting,
        lease: format!("{{{number}}}:lease"),
        entry: format!("{{{number}}}"),
        claims: [None, None, None],
        acquired: false,
    };
    if !matches!(setting.before, Before::Nothing) {
        // Stored as all else is.
        let before = Claimed {
            id: Vec::new(),
            run_id: [0; 8],
        };
        let token = id(Writer::Before, setting.before);
        let pair = (&*scene.lease, &*scene.entry);
        link.claim(pair, &token, 60_000).await.unwrap();
        assert_eq!(scene.fill(Writer::Before, Some(&before)).await, Did::Stored);
    }
    let (mut did, mut there) = (Vec::new(), Vec::new());
    for step in &order {
        did.push(scene.run(*step).await);
        there.push(scene.there().await);
    }
    let told = format!("{setting:?} {order:?} {did:?} {there:?}");
    Run {
        told,
        order,
        did,
        there,
    }
}

/// Runs all orders, and judges each.
async fn explore(actors: &[Vec<Step>], shares: &[bool]) -> Vec<Run> {
    let server = Server::start().await.unwrap();
    let link = up(&server).await;
    let mut all = Vec::new();
    for before in [Before::Nothing, Before::Loaded, Before::Put] {
        for share in shares {
            let setting = Setting {
                before,
                share: *share,
            };
            all.extend(orders(actors).into_iter().map(|order| (setting, order)));
        }
    }
    let numbered: Vec<_> = all.into_iter().enumerate().collect();
    let mut runs = Vec::new();
    for few in numbered.chunks(AT_ONCE) {
        let few = few.iter().cloned();
        let few = few.map(|(number, (setting, order))| run(&link, number, setting, order));
        runs.extend(join_all(few).await);
    }
    runs.iter().for_each(Run::judge);
    runs
}

fn put(number: usize) -> Vec<Step> {
    vec![Step::Claim(number), Step::Fill(number)]
}

fn load() -> Vec<Step> {
    vec![Step::Ask, Step::Store]
}

fn has(runs: &[Run], did: Did) -> bool {
    runs.iter().any(|run| run.did.contains(&did))
}

#[tokio::test]
async fn in_every_order_the_last_of_two_puts_beats_the_other_and_a_load_and_an_invalidation_beats_all()
 {
    let actors = [put(0), put(1), load(), vec![Step::Invalidate]];
    let runs = explore(&actors, &[false, true]).await;
    assert_eq!(runs.len(), 630 * 6);
    assert!(
        [Did::Stored, Did::Superseded, Did::Lost]
            .iter()
            .all(|did| has(&runs, *did))
    );
}

#[tokio::test]
async fn in_every_order_the_last_of_three_puts_wins() {
    let runs = explore(&[put(0), put(1), put(2)], &[false]).await;
    assert_eq!(runs.len(), 90 * 3);
    assert!(has(&runs, Did::Superseded) && !has(&runs, Did::Lost));
}

#[tokio::test]
async fn in_every_order_a_put_whose_lease_lapsed_leaves_nothing_older() {
    let runs = explore(&[put(0), put(1), load(), vec![Step::Lapse]], &[false]).await;
    assert_eq!(runs.len(), 630 * 3);
    assert!(has(&runs, Did::Lost));
}
