//! Drives `actor` processes: each is a member of a fleet with a cache of its own.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<String>>>>;

/// A process under test; killed when dropped.
#[derive(Debug)]
pub struct Actor {
    child: Child,
    input: Mutex<ChildStdin>,
    waiting: Waiting,
    next: AtomicU64,
}

/// The origin that actors load from: a folder with a file an id.
#[derive(Debug)]
pub struct Origin(tempfile::TempDir);

impl Origin {
    /// An empty origin.
    ///
    /// # Errors
    ///
    /// If the folder can't be made.
    pub fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    /// Writes the value of an id, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub fn set(&self, id: u64, value: &str) -> io::Result<()> {
        let next = self.0.path().join(format!("next-{id}"));
        std::fs::write(&next, value)?;
        std::fs::rename(next, self.0.path().join(id.to_string()))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Actor {
    /// Starts the program at `binary`, which is `env!("CARGO_BIN_EXE_actor")` to a test, and waits
    /// until it answers. `settings` are environment variables.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(
        binary: impl Into<PathBuf>,
        origin: &Origin,
        settings: &[(&str, &str)],
    ) -> io::Result<Self> {
        let mut child = Command::new(binary.into())
            .env("ORIGIN", origin.path())
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let mut output = BufReader::new(output);
        let mut ready = String::new();
        output.read_line(&mut ready)?;
        if ready.trim() != "ready" {
            return Err(io::Error::other(format!("the actor said {ready:?}")));
        }
        let waiting = Waiting::default();
        let told = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                deliver(&told, &line);
            }
            // The process is gone: nobody waits for it any longer.
            told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        Ok(Self {
            child,
            input: Mutex::new(input),
            waiting,
            next: AtomicU64::new(0),
        })
    }

    /// Sends a command at once; the future is its answer, an error if the process went away.
    pub fn ask(&self, command: &str) -> impl Future<Output = Result<String, io::Error>> + use<> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, tell);
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = writeln!(input, "{number} {command}").and_then(|()| input.flush());
        async move {
            sent?;
            told.await
                .map_err(|_| io::Error::other("the actor is gone"))
        }
    }

    /// Kills it with SIGKILL.
    ///
    /// # Errors
    ///
    /// If the signal can't be sent.
    pub fn kill9(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

fn deliver(waiting: &Waiting, line: &str) {
    let Some((number, answer)) = line.split_once(' ') else {
        return;
    };
    let Ok(number) = number.parse() else { return };
    let tell = waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&number);
    if let Some(tell) = tell {
        // Who asked may have gone away.
        let _ = tell.send(answer.to_owned());
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.kill9();
    }
}
