//! The processes of a run: started, stopped, killed and started again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::arguments::{Arguments, Orders};
use super::judge::History;
use super::record;

/// How long a process may take to end when told to: the longest call it may be in, and more.
const PATIENCE: Duration = Duration::from_secs(15);

/// As many processes as a run has, at any time.
#[derive(Debug)]
pub(super) struct Fleet {
    program: PathBuf,
    orders: Orders,
    lag: Duration,
    /// For each member where it finds Redis.
    urls: Vec<String>,
    members: Vec<Child>,
}

impl Fleet {
    pub(super) fn start(
        program: &Path,
        folder: &Path,
        arguments: &Arguments,
        urls: Vec<String>,
    ) -> io::Result<Self> {
        let mut fleet = Self {
            program: program.to_owned(),
            orders: Orders {
                folder: folder.to_owned(),
                number: 0,
                level: arguments.level,
                plant: arguments.plant,
            },
            lag: arguments.lag,
            urls,
            members: Vec::new(),
        };
        for at in 0..fleet.urls.len() {
            let member = fleet.spawn(at)?;
            fleet.members.push(member);
        }
        Ok(fleet)
    }

    fn spawn(&mut self, at: usize) -> io::Result<Child> {
        let child = Command::new(&self.program)
            .args(self.orders.words())
            .env("CACHE_URL", &self.urls[at])
            .env("CACHE_LAG", format!("{}ms", self.lag.as_millis()))
            .stdin(Stdio::piped())
            .spawn()?;
        self.orders.number += 1;
        Ok(child)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Sends a signal to a member.
    pub(super) fn signal(&self, at: usize, signal: Signal) -> io::Result<()> {
        kill_process(Pid::from_child(&self.members[at]), signal).map_err(io::Error::from)
    }

    /// Kills a member with SIGKILL.
    pub(super) fn kill(&mut self, at: usize) -> io::Result<()> {
        self.members[at].kill()?;
        self.members[at].wait().map(drop)
    }

    /// Starts a process in place of one that was killed.
    pub(super) fn restart(&mut self, at: usize) -> io::Result<()> {
        self.members[at] = self.spawn(at)?;
        Ok(())
    }

    /// An error if a member ended by itself.
    pub(super) fn check(&mut self) -> io::Result<()> {
        for member in &mut self.members {
            if let Some(status) = member.try_wait()? {
                return Err(io::Error::other(format!("a process ended: {status}")));
            }
        }
        Ok(())
    }

    /// Tells every member to end, and waits for it.
    pub(super) async fn stop(&mut self) -> io::Result<()> {
        for member in &mut self.members {
            drop(member.stdin.take());
        }
        let start = Instant::now();
        for member in &mut self.members {
            let status = loop {
                match member.try_wait()? {
                    Some(status) => break status,
                    None if start.elapsed() > PATIENCE => {
                        return Err(io::Error::other("a process does not end"));
                    }
                    None => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            };
            if !status.success() {
                return Err(io::Error::other(format!("a process ended: {status}")));
            }
        }
        Ok(())
    }

    /// What every process of the run noted so far, the killed ones too.
    pub(super) fn histories(&self) -> io::Result<Vec<History>> {
        (0..self.orders.number)
            .filter_map(|process| {
                let log = Orders {
                    number: process,
                    ..self.orders.clone()
                }
                .log();
                match record::read(&log) {
                    Ok(records) => Some(Ok(History { process, records })),
                    // Killed before it made one, or not yet that far.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => Some(Err(error)),
                }
            })
            .collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for at in 0..self.members.len() {
            let _ = self.kill(at);
        }
    }
}
