//! What counters, sets, leaderboards and places have in common: a name, a lifetime, and where they are kept.

use std::time::Duration;

use cache_runtime::Cache;
use cache_runtime::commands::{Commands, Reply, Script};

use crate::ToolkitError;
use crate::home::{Home, Kept, Local};

static KEEP: Script = Script::new(include_str!("keep.lua"));

/// The longest lifetime.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 3_600);

/// A structure's name and lifetime.
#[derive(Clone)]
pub(crate) struct Named {
    home: Result<Home, ToolkitError>,
    name: String,
    key: String,
    ttl: Option<Duration>,
}

impl Named {
    pub(crate) fn new(cache: &Cache, kind: &str, name: String) -> Self {
        let home = Home::of(cache).map_err(ToolkitError::from);
        let key = home.as_ref().map(|home| home.key(kind, &name));
        Self {
            key: key.unwrap_or_default(),
            home,
            name,
            ttl: None,
        }
    }

    pub(crate) fn with_ttl(self, ttl: Duration) -> Self {
        let ttl = Some(ttl);
        Self { ttl, ..self }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn ttl(&self) -> Option<Duration> {
        self.ttl
    }

    pub(crate) fn home(&self) -> Result<&Home, ToolkitError> {
        self.home.as_ref().map_err(Clone::clone)
    }

    /// Sends a command that reads, or takes something away.
    pub(crate) async fn ask(
        &self,
        commands: &Commands,
        command: &str,
        rest: &[&[u8]],
    ) -> Result<Reply, ToolkitError> {
        let words = [&[command.as_bytes(), self.key.as_bytes()], rest].concat();
        Ok(commands.command(&self.key, &words).await?)
    }

    /// Sends a command that writes; where there is a lifetime, it begins with the first.
    pub(crate) async fn change(
        &self,
        commands: &Commands,
        command: &str,
        rest: &[&[u8]],
    ) -> Result<Reply, ToolkitError> {
        let Some(ttl) = self.checked_ttl()? else {
            return self.ask(commands, command, rest).await;
        };
        let ttl = ttl.as_millis().to_string();
        let words = [&[ttl.as_bytes(), command.as_bytes()], rest].concat();
        self.run(commands, &KEEP, &words).await
    }

    /// Runs a script on it.
    pub(crate) async fn run(
        &self,
        commands: &Commands,
        script: &Script,
        words: &[&[u8]],
    ) -> Result<Reply, ToolkitError> {
        Ok(commands.script(script, &[&self.key], words).await?)
    }

    /// Takes all of it away; whether there was something.
    pub(crate) async fn clear<T: Kept>(&self) -> Result<bool, ToolkitError> {
        match self.home()? {
            Home::Redis(commands) => {
                let reply = self.ask(commands, "UNLINK", &[]).await?;
                Ok(reply.number() == Some(1))
            }
            Home::Memory(local) => Ok(local.take(&self.key, |value: &mut T, _| {
                std::mem::take(value).bytes() > 0
            })),
        }
    }

    pub(crate) fn read_local<T: Kept, R>(&self, local: &Local, read: impl FnOnce(&T) -> R) -> R {
        local.read(&self.key, read)
    }

    /// Changes it here; where there is a lifetime, it begins with the first change.
    pub(crate) fn change_local<T: Kept, R>(
        &self,
        local: &Local,
        change: impl FnOnce(&mut T) -> R,
    ) -> Result<R, ToolkitError> {
        let ttl = self.checked_ttl()?;
        local.write(&self.key, |value, life| {
            let changed = change(value);
            if let Some(ttl) = ttl {
                life.ends_once_in(ttl);
            }
            changed
        })
    }

    /// Takes something out of it here.
    pub(crate) fn take_local<T: Kept, R>(
        &self,
        local: &Local,
        take: impl FnOnce(&mut T) -> R,
    ) -> R {
        local.take(&self.key, |value, _| take(value))
    }

    /// A lifetime of nothing would take away what was just written.
    fn checked_ttl(&self) -> Result<Option<Duration>, ToolkitError> {
        match self.ttl {
            Some(ttl) if !(Duration::from_millis(1)..=LONGEST).contains(&ttl) => {
                Err(ToolkitError::Setting {
                    what: "ttl",
                    reason: "it is from a millisecond to ten years: leave it out for what stays",
                })
            }
            ttl => Ok(ttl),
        }
    }
}
