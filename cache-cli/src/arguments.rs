//! What the command line takes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// What stands at the end of the help and in the man page.
const AFTER: &str = "\
Exit codes: 0 done · 1 nothing found, or the answer is no · 2 wrong arguments or settings · 3 Redis can't be reached, or the program that is to warm · \
4 Redis refused (rights, password), or the program · 5 done in part.

Redis is where CACHE_URL says, else REDIS_URL; CACHE_PREFIX, CACHE_CA_FILE, CACHE_CLIENT_CERT, CACHE_CLIENT_KEY, \
CACHE_ENCRYPTION_KEYS and CACHE_OP_TIMEOUT are those of the program that caches; CACHE_BACKUP_DIRECTORY is where backups \
are. A password stands in CACHE_URL or in \
a file, never among the arguments, where every user of the machine sees it. NO_COLOR turns colours off.";

/// Explains, lists, watches and invalidates what the cache has in Redis, without the program that caches.
#[derive(Debug, Parser)]
#[command(name = "cachectl", version, after_long_help = AFTER)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON, for programs: one value, or one a line where a command goes on
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where Redis is.
#[derive(Args, Debug)]
#[command(next_help_heading = "Where Redis is")]
pub(crate) struct Place {
    /// Where Redis is, without a password; defaults to CACHE_URL, else REDIS_URL
    #[arg(long, global = true, value_name = "URL", conflicts_with = "url_file")]
    pub(crate) url: Option<String>,
    /// A file whose first line says where Redis is, with its password; `-` is the standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) url_file: Option<PathBuf>,
    /// What the names of the cache begin with; defaults to CACHE_PREFIX, else `cache`
    #[arg(long, global = true, value_name = "PREFIX")]
    pub(crate) prefix: Option<String>,
    /// How long one command to Redis may take; defaults to CACHE_OP_TIMEOUT, else 2s
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What the processes that cache have counted, each and in all, and how their nodes of Redis are
    Stats,
    /// The annotated functions, by what they cost or bring
    Functions(Functions),
    /// What could be set better, from what all processes have counted: why, what to expect, how sure it is
    Advice(Advice),
    /// The keys of each function that are heaviest, most missed or most read, and what nobody reads
    Keys(Keys),
    /// Hit rates by key pattern and hour, and what the reads are like
    Hours(Hours),
    /// What functions do in a second, again and again
    Top(Top),
    /// What an entry is, what it rests on, and why the next read would hit or miss
    Explain(Explain),
    /// The value of an entry
    Get(Get),
    /// The entries that are stored
    Scan(Scan),
    /// Invalidate entries, tags, namespaces: no later read returns an older load
    Invalidate(Act),
    /// Make entries, tags, namespaces stale: they may be served while they are loaded anew
    Expire(Act),
    /// What changes, as Redis tells of it
    Watch(Watch),
    /// The page: the fleet's figures, one key, what changes, nodes and processes, in a browser
    Serve(Serve),
    /// Have a program warm what it names, through the page that it serves
    Warm(Warm),
    /// Whether the servers suit the cache, and what to do where they don't
    Doctor(Doctor),
    /// Copy the entries that are stored to a file, while traffic goes on
    Backup(Backup),
    /// Bring the entries of a backup back: as stale, unless they are trusted
    Restore(Restore),
    /// The backups in a folder, or what backups say of themselves
    Backups(Backups),
    /// What was invalidated, expired, backed up and restored by hand: by whom, when, and what came of it
    Log(Log),
    /// Completions for a shell, to its standard place or to be sourced
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The man page, in roff: `cachectl man > cachectl.1`
    Man {
        /// Of one command: `cachectl man explain > cachectl-explain.1`
        command: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Functions {
    /// Only those of this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Which come first
    #[arg(long, value_name = "ORDER", default_value = "calls")]
    pub(crate) by: Order,
    /// Stop after this many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

/// Which functions come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// Those that are called most
    Calls,
    /// Those whose calls are hits most often
    Hits,
    /// Those whose calls are hits least often
    Misses,
    /// Those that load most
    Loads,
    /// Those whose loads took longest in all
    LoadTime,
    /// Those that take most of the processes' memory
    Memory,
    /// Those whose hits have spared most time of loads
    Saved,
}

#[derive(Args, Debug)]
pub(crate) struct Advice {
    /// Only of functions of this namespace, and none of the whole cache
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Only what is at least so sure, 0 to 1
    #[arg(long, value_name = "CONFIDENCE", default_value_t = 0.5, value_parser = share)]
    pub(crate) least: f64,
    /// Write items into this settings file of the program: those of --item
    #[arg(long, value_name = "FILE", requires = "item")]
    pub(crate) apply: Option<PathBuf>,
    /// Which item to write, by its id; may be given again
    #[arg(long, value_name = "ID", requires = "apply")]
    pub(crate) item: Vec<String>,
    /// Write what is less sure than 0.8 as well
    #[arg(long, requires = "apply")]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Keys {
    /// Only of functions of this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Only of this function, by its path or the end of it
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
    /// By what they are heavy
    #[arg(long, value_name = "MEASURE", default_value = "load-time")]
    pub(crate) by: Measure,
    /// Show this many of each function
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub(crate) limit: usize,
}

/// By what keys are heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// The time that their loads took in all
    LoadTime,
    /// How often they were loaded: those that were missed most
    Loads,
    /// How often their entry was invalidated by itself
    Invalidations,
    /// The bytes that were stored of them in all
    Bytes,
    /// How often they were read, by a sample
    Reads,
}

#[derive(Args, Debug)]
pub(crate) struct Hours {
    /// Only of functions of this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Only of this function, by its path or the end of it
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Top {
    /// How often to look
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "2s")]
    pub(crate) every: Duration,
    /// Stop after this time
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// Show this many
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) limit: usize,
}

/// Which entry.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// The entry's name in Redis, or its key as the function's `key = ".."` spells it, such as `user:42`; the latter
    /// is looked for among all keys
    pub(crate) key: String,
    /// Only in this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The shape that the reader expects, as another entry of it has: 16 hexadecimal digits
    #[arg(long, value_name = "SHAPE", value_parser = shape)]
    pub(crate) shape: Option<u64>,
    /// The stale window of the function: `10m`, `1h`; defaults to what the entry was stored with
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) stale: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The bytes or the JSON text as they are, and nothing else
    #[arg(long, conflicts_with = "json")]
    pub(crate) raw: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Scan {
    /// Only readable keys that match: `user:4*`; `*` is any text, `?` any character, `[ab]` one of these
    #[arg(conflicts_with_all = ["namespace", "tag"])]
    pub(crate) pattern: Option<String>,
    /// Only entries of this namespace
    #[arg(long, value_name = "NAMESPACE", conflicts_with = "tag")]
    pub(crate) namespace: Option<String>,
    /// Only entries that carry this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// Stop after this many
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) limit: usize,
}

/// What to invalidate or to expire.
#[derive(Args, Debug)]
pub(crate) struct Act {
    /// What is named
    pub(crate) kind: Kind,
    /// Names: keys, tags, namespaces or one pattern; none for `everything`
    pub(crate) names: Vec<String>,
    /// Only keys in this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Count what it would reach, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Count what it reaches first, also of a tag or a namespace, which are one command without
    #[arg(long)]
    pub(crate) count: bool,
    /// Ask nothing
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Entries, by their names in Redis or their readable keys
    Key,
    /// All that carries a tag
    Tag,
    /// All of a namespace
    Namespace,
    /// Entries whose readable keys match a pattern
    Pattern,
    /// All under the prefix
    Everything,
}

#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Only changes of these
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) only: Vec<Only>,
    /// Only names that have this text in them
    #[arg(long, value_name = "TEXT")]
    pub(crate) contains: Option<String>,
    /// Stop after this time
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) time: Option<Duration>,
    /// Stop after this many changes
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

/// What a change is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    Entry,
    Lease,
    Tag,
    Namespace,
    Action,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Where to listen; port 0 is for any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// Let who has the token of this run invalidate and expire; the address that is printed has it
    #[arg(long)]
    pub(crate) allow_actions: bool,
    /// Listen where other machines reach it, and let in only who has the token of this run
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Let the page of an entry show its value, and let in only who has the token of this run
    #[arg(long)]
    pub(crate) show_values: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Warm {
    /// Where the program's page is: `http://127.0.0.1:3001/cache`. Its token, if it asks for one, stands in
    /// CACHE_CONSOLE_TOKEN
    #[arg(value_name = "URL")]
    pub(crate) endpoint: String,
    /// What to warm, by the name that the program gives it; several one after another
    #[arg(
        long = "target",
        value_name = "TARGET",
        value_delimiter = ',',
        conflicts_with = "list"
    )]
    pub(crate) targets: Vec<String>,
    /// How many to warm of each at most
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
    /// Tell what the program can warm
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// How many round trips to measure at each node
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) round_trips: u16,
    /// How many keys to look at
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub(crate) keys: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Log {
    /// How many of the last
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
}

/// What to back up, and where to.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// Only readable keys that match: `user:4*`; `*` is any text, `?` any character, `[ab]` one of these
    #[arg(conflicts_with_all = ["namespace", "tag", "all"])]
    pub(crate) pattern: Option<String>,
    /// Only entries of this namespace
    #[arg(long, value_name = "NAMESPACE", conflicts_with_all = ["tag", "all"])]
    pub(crate) namespace: Option<String>,
    /// Only entries that carry this tag
    #[arg(long, value_name = "TAG", conflicts_with = "all")]
    pub(crate) tag: Option<String>,
    /// All under the prefix
    #[arg(long)]
    pub(crate) all: bool,
    /// The file to write, which must not be there; without it one in the folder, named by the backup's id
    #[arg(long, value_name = "FILE", conflicts_with = "directory")]
    pub(crate) out: Option<PathBuf>,
    /// The folder to write to; defaults to CACHE_BACKUP_DIRECTORY
    #[arg(long, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// Only entries that were born after this backup was begun: its file, or its id in the folder
    #[arg(long, value_name = "FILE|ID")]
    pub(crate) incremental_since: Option<PathBuf>,
    /// What to say of it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) description: String,
    /// At most this much a second: entries (`5000`) or bytes (`20MB`)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) rate: Option<cache_backup::Rate>,
}

/// What to bring back, and how.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// The files, or ids in the folder of CACHE_BACKUP_DIRECTORY: a full backup, and its incremental ones in their order
    #[arg(required = true, value_name = "FILE|ID")]
    pub(crate) files: Vec<PathBuf>,
    /// Bring entries back as fresh, for what is left of their time: what was invalidated since the backup and left no
    /// sign in Redis is served again
    #[arg(long)]
    pub(crate) trust: bool,
    /// Redis was emptied since the backup, and programs have stored into it again: what they rest on is another by now,
    /// and was not invalidated
    #[arg(long)]
    pub(crate) emptied: bool,
    /// The backup is of another prefix, and that is meant
    #[arg(long)]
    pub(crate) other_prefix: bool,
    /// Say what would become of each entry, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Read the files to their ends and each checksum in them, and nothing else: Redis is not asked
    #[arg(long, conflicts_with_all = ["trust", "emptied", "other_prefix", "dry_run", "rate"])]
    pub(crate) check: bool,
    /// At most this much a second: entries (`5000`) or bytes (`20MB`)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) rate: Option<cache_backup::Rate>,
}

#[derive(Args, Debug)]
pub(crate) struct Backups {
    /// Only these files, or ids in the folder, in full
    #[arg(value_name = "FILE|ID")]
    pub(crate) files: Vec<PathBuf>,
    /// The folder; defaults to CACHE_BACKUP_DIRECTORY
    #[arg(long, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
}

fn rate(text: &str) -> Result<cache_backup::Rate, String> {
    text.parse().map_err(str::to_owned)
}

/// A share of 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok();
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "it takes a number from 0 to 1".to_owned())
}

/// A time to wait between two looks.
fn interval(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    match time >= Duration::from_millis(100) {
        true => Ok(time),
        false => Err("it is 100ms at least".to_owned()),
    }
}

/// A time as annotations have it: `500ms`, `30s`, `5m`, `1h`, `2d`.
fn time(text: &str) -> Result<Duration, String> {
    const TAKES: &str = "it takes a number and a unit: `500ms`, `30s`, `5m`, `1h` or `2d`";
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| TAKES.to_owned())?;
    let of_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(TAKES.to_owned()),
    };
    Ok(Duration::from_millis(number.saturating_mul(of_ms)))
}

fn shape(text: &str) -> Result<u64, String> {
    let is_shape = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape = is_shape
        .then(|| u64::from_str_radix(text, 16).ok())
        .flatten();
    shape.ok_or_else(|| "it takes 16 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_and_shapes_are_read() {
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(time("2d"), Ok(Duration::from_secs(172_800)));
        for wrong in ["", "5", "s", "-1s", "5 parsecs", "99999999999999999999s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert_eq!(shape("00000000000000ff"), Ok(255));
        for wrong in ["", "ff", "00000000000000fg", "+0000000000000ff"] {
            assert!(shape(wrong).is_err(), "{wrong}");
        }
    }
}
