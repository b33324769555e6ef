//! The look for changes of a settings file.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use super::Overrides;

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// When a file was changed, and how long it is; none where there is none.
pub(super) type Seen = Option<(SystemTime, u64)>;

/// Has a thread read the file anew when it changes, until nobody has the overrides any more. A file system may take
/// long to answer, so it is not the thread of the connections. Without a thread the file is read when asked for.
pub(super) fn watch(path: &Path, overrides: &Arc<Overrides>, last: Seen) {
    let (path, overrides) = (path.to_owned(), Arc::downgrade(overrides));
    let look = move || look(&path, &overrides, last);
    let started = thread::Builder::new()
        .name("cache-settings".to_owned())
        .spawn(look);
    if let Err(error) = started {
        tracing::warn!(target: "cache", %error, "the settings file is not looked at for changes: no thread");
    }
}

fn look(path: &Path, overrides: &Weak<Overrides>, mut last: Seen) {
    loop {
        thread::sleep(EVERY);
        let Some(overrides) = overrides.upgrade() else {
            return;
        };
        let now = seen(path);
        // A file that is being replaced is not there for a moment.
        if now.is_none() || now == last {
            continue;
        }
        last = now;
        match overrides.reload() {
            Ok(()) => {
                tracing::info!(target: "cache", file = %path.display(), "the settings file was read anew")
            }
            Err(why) => tracing::error!(target: "cache", %why, "the settings stay as they were"),
        }
    }
}

pub(super) fn seen(path: &Path) -> Seen {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}
