//! A process under test: tasks that read, tasks that write and invalidate, and their records.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheError};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use super::arguments::{Level, Orders, Plant};
use super::growth::Size;
use super::origin::Origin;
use super::reads::Reads;
use super::record::{Log, Record, Totals};
use super::subject::{Subject, random_id, tag_name};
use super::{sites, time};

const READERS: usize = 8;
const WRITERS: usize = 2;

/// A reader reads so often in a row, or for so long, and pauses for a timer's step.
const BURST: usize = 40;
const BURST_TAKES: Duration = Duration::from_millis(2);
const PAUSE: Duration = Duration::from_millis(1);

/// One read in so many goes through the companion, which loads nothing.
const GET_ONE_IN: u32 = 20;

/// Before it writes, a writer does something else to the entry one time in so many.
const MEDDLE_ONE_IN: u32 = 3;

/// A writer pauses for up to so many milliseconds.
const WRITER_PAUSE_MS: u64 = 250;

/// How often a reader writes down what it noted.
const FLUSH: Duration = Duration::from_millis(250);

#[derive(Debug)]
struct Worker {
    level: Level,
    cache: Cache,
    origin: &'static Origin,
    log: Log,
    reads: AtomicU64,
    numbers: AtomicU64,
    stopping: AtomicBool,
}

/// Works until the input ends, which is when whoever started it says so or is gone.
pub(super) async fn run(orders: &Orders) -> Result<(), Box<dyn std::error::Error>> {
    let worker = Arc::new(Worker {
        level: orders.reads_at(),
        cache: cache(orders.plant)?,
        origin: sites::install(Origin::open(&orders.folder)?),
        log: Log::create(&orders.log())?,
        reads: AtomicU64::new(0),
        numbers: AtomicU64::new(0),
        stopping: AtomicBool::new(false),
    });
    let told = Arc::clone(&worker);
    std::thread::spawn(move || {
        // An error says as much as an end.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        told.stopping.store(true, Ordering::Relaxed);
    });
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..READERS + WRITERS {
        let worker = Arc::clone(&worker);
        match number < READERS {
            true => tasks.spawn(async move { worker.read().await }),
            false => tasks.spawn(async move { worker.write().await }),
        };
    }
    let counting = Arc::clone(&worker);
    tasks.spawn(async move { counting.count().await });
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    worker.log.append(&[worker.totals()])?;
    Ok(())
}

fn cache(plant: Option<Plant>) -> Result<Cache, CacheError> {
    let mut builder = Cache::builder().environment()?;
    if plant == Some(Plant::Cells) {
        builder = builder.__skip_cells();
    }
    // Short, so that a process killed in a load costs the others less than the pause after it.
    let cache = builder.lease(Duration::from_millis(500)).build()?;
    cache.install()?;
    Ok(cache)
}

impl Worker {
    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed)
    }

    async fn read(&self) -> io::Result<()> {
        let mut random = SmallRng::from_rng(&mut rand::rng());
        let mut reads = Reads::new();
        let mut flushed = time::now();
        while self.goes_on() {
            let start = time::now();
            for _ in 0..BURST {
                let id = random_id(&mut random);
                let began = time::now();
                if began - start > time::span(BURST_TAKES) {
                    break;
                }
                let version = match random.random_ratio(1, GET_ONE_IN) {
                    true => sites::get(self.level, id).await,
                    false => sites::read(self.level, id).await.ok(),
                };
                if let Some(version) = version {
                    reads.add(id, version, began);
                }
            }
            if start - flushed > time::span(FLUSH) {
                self.flush(&mut reads)?;
                flushed = start;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.flush(&mut reads)
    }

    fn flush(&self, reads: &mut Reads) -> io::Result<()> {
        let count = std::mem::take(&mut reads.count);
        self.reads.fetch_add(count, Ordering::Relaxed);
        self.log.append(&reads.take())
    }

    async fn write(&self) -> io::Result<()> {
        let mut random = SmallRng::from_rng(&mut rand::rng());
        while self.goes_on() {
            let pause = random.random_range(0..WRITER_PAUSE_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let id = random_id(&mut random);
            if random.random_ratio(1, MEDDLE_ONE_IN) {
                self.meddle(id, &mut random).await?;
            }
            let version = self.origin.write(id)?;
            let at = time::now();
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let subject = Subject::random(id, &mut random);
            let wrote = Record::Wrote { id, version, at };
            let at = time::now();
            let began = Record::Began {
                number,
                subject,
                at,
            };
            self.log.append(&[wrote, began])?;
            let ok = self.invalidate(subject).await.is_ok();
            let at = time::now();
            self.log.append(&[Record::Ended { number, ok, at }])?;
        }
        Ok(())
    }

    /// Stores or expires something; the outcome is what the readers find.
    async fn meddle(&self, id: u64, random: &mut SmallRng) -> io::Result<()> {
        match random.random_range(0..3) {
            0 => {
                let _ = sites::refresh(self.level, id).await;
            }
            1 => {
                let _ = self.expire(Subject::random(id, random)).await;
            }
            _ => self.put(id).await?,
        }
        Ok(())
    }

    /// Puts the origin's version, which may be old by the time it is stored.
    async fn put(&self, id: u64) -> io::Result<()> {
        let version = self.origin.version(id)?;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.log.append(&[Record::Putting {
            number,
            id,
            version,
        }])?;
        let ok = sites::put(self.level, id, version).await.is_ok();
        let at = time::now();
        self.log.append(&[Record::Ended { number, ok, at }])
    }

    async fn expire(&self, subject: Subject) -> Result<(), CacheError> {
        match subject {
            Subject::Entry(id) => match sites::entry(self.level, id) {
                Some(entry) => entry.expire().await,
                None => Ok(()),
            },
            Subject::Tag(tag) => self.cache.tag(tag_name(tag)).expire().await,
            Subject::Namespace(number) => {
                let name = sites::namespace_name(self.level, number);
                self.cache.namespace(name).expire().await
            }
        }
    }

    async fn invalidate(&self, subject: Subject) -> Result<(), CacheError> {
        match subject {
            Subject::Entry(id) => match sites::entry(self.level, id) {
                Some(entry) => entry.invalidate().await,
                None => Ok(()),
            },
            Subject::Tag(tag) => self.cache.tag(tag_name(tag)).invalidate().await,
            Subject::Namespace(number) => {
                let name = sites::namespace_name(self.level, number);
                self.cache.namespace(name).invalidate().await
            }
        }
    }

    async fn count(&self) -> io::Result<()> {
        while self.goes_on() {
            tokio::time::sleep(FLUSH).await;
            let size = Record::Size(Size::of_this_process(time::now()));
            self.log.append(&[self.totals(), size])?;
        }
        Ok(())
    }

    fn totals(&self) -> Record {
        let mut totals = Totals {
            reads: self.reads.load(Ordering::Relaxed),
            ..Totals::default()
        };
        for row in &self.cache.stats().namespaces {
            totals.memory_hits += row.memory_hits;
            totals.redis_hits += row.redis_hits;
            totals.loads += row.loads;
            totals.stale_hits += row.stale_hits;
            totals.failed_loads += row.failed_loads;
        }
        Record::Totals(totals)
    }
}
