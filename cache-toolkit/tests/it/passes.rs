//! What a server let through, as its `MONITOR` tells of what the scripts of limits wrote: exact, and of no process's say.

use std::collections::BTreeMap;

use cache_tests::Server;
use futures_util::StreamExt as _;
use tokio::task::JoinHandle;

/// A write of a script: when by the server's clock in microseconds, and the words behind the key.
struct Write {
    at: f64,
    words: Vec<String>,
}

/// Follows a server until it is told to stop.
pub(crate) struct Passes(JoinHandle<Vec<String>>);

/// Ends it.
const OVER: [&str; 2] = ["ECHO", "that is all"];

/// The limit of a second.
pub(crate) const RATE: u64 = 200;
const SECOND: f64 = 1_000_000.0;

impl Passes {
    pub(crate) async fn follow(server: &Server) -> Self {
        let client = redis::Client::open(server.unix_url()).unwrap();
        let monitor = client.get_async_monitor().await.unwrap();
        let lines = monitor.into_on_message::<String>();
        let lines = lines.take_while(|line| std::future::ready(!line.contains(OVER[1])));
        let of_scripts = lines.filter(|line| std::future::ready(line.contains(" lua] ")));
        Self(tokio::spawn(of_scripts.collect()))
    }

    /// Judges what each algorithm let through; gives how many passed, by the name of the algorithm, and in how many
    /// seconds.
    pub(crate) async fn judge(self, server: &Server) -> BTreeMap<&'static str, (u64, f64)> {
        server.run(&OVER).await.unwrap();
        let lines = self.0.await.unwrap();
        let of = |command, kind| {
            let beginning = format!("\"{command}\" \"cache:k:{kind}:");
            let writes = lines.iter().filter(move |line| line.contains(&beginning));
            writes.map(|line| Write::read(line)).collect::<Vec<_>>()
        };
        let all = [
            (
                "fixed_window",
                of("SET", "rate-window"),
                fixed_window as fn(&[Write]),
            ),
            ("sliding_log", of("ZADD", "rate-log"), sliding_log),
            (
                "sliding_counter",
                of("SET", "rate-counter"),
                sliding_counter,
            ),
            ("gcra", of("SET", "rate-gcra"), gcra),
        ];
        let judged = all.into_iter().map(|(name, writes, judge)| {
            judge(&writes);
            let seconds = (writes[writes.len() - 1].at - writes[0].at) / SECOND;
            (name, (writes.len() as u64, seconds))
        });
        judged.collect()
    }
}

impl Write {
    /// `1339518083.107412 [0 lua] "SET" "key" "value"`
    fn read(line: &str) -> Self {
        let (stamp, _) = line.split_once(' ').unwrap();
        let (seconds, micros) = stamp.split_once('.').unwrap();
        let at = format!("{seconds}{micros}").parse().unwrap();
        let words = line.split('"').skip(1).step_by(2).skip(2);
        let words = words.map(str::to_owned).collect();
        Self { at, words }
    }

    /// The numbers of a value.
    fn numbers(&self) -> Vec<f64> {
        self.words[0]
            .split(':')
            .map(|number| number.parse().unwrap())
            .collect()
    }
}

/// Each that passes counts one further in its window, to the limit at most.
fn fixed_window(writes: &[Write]) {
    let mut windows: BTreeMap<u64, u64> = BTreeMap::new();
    for write in writes {
        let [window, count] = write.numbers()[..] else {
            panic!("{:?}", write.words);
        };
        let passed = windows.entry(window as u64).or_default();
        *passed += 1;
        assert_eq!(count, *passed as f64);
        assert!(*passed <= RATE, "{passed} in window {window}");
        assert_eq!((write.at / SECOND).floor(), window, "it is the clock's");
    }
}

/// As many as the limit are a whole second apart, wherever one begins.
fn sliding_log(writes: &[Write]) {
    let score = |write: &Write| write.words[0].parse::<f64>().unwrap();
    let scores: Vec<f64> = writes.iter().map(score).collect();
    for (first, next) in scores.iter().zip(&scores[RATE as usize..]) {
        assert!(
            next - first >= SECOND,
            "{} over in {} us",
            RATE + 1,
            next - first
        );
    }
}

/// With a share of the window before, as much of it as there is left of this one, it is the limit at most.
fn sliding_counter(writes: &[Write]) {
    for write in writes {
        let [window, count, before] = write.numbers()[..] else {
            panic!("{:?}", write.words);
        };
        // The line is written after the script has read the clock.
        let left = 1.0 - (write.at / SECOND - window).clamp(0.0, 1.0);
        assert!(
            count + before * left <= RATE as f64,
            "{count} and {left} of {before}"
        );
    }
}

/// Nothing passes that would have all back later than in a second, and each is paid for with its share of that.
fn gcra(writes: &[Write]) {
    let each = SECOND / RATE as f64;
    let arrival = |write: &Write| write.words[0].parse::<f64>().unwrap();
    for pair in writes.windows(2) {
        assert!(
            arrival(&pair[1]) >= arrival(&pair[0]) + each - 0.01,
            "it was not paid for"
        );
    }
    for write in writes {
        assert!(
            arrival(write) - write.at <= SECOND + 0.5,
            "more at once than the limit"
        );
    }
}
