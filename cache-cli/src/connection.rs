//! Where Redis is, and the connection to it.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use cache_runtime::admin::Admin;
use cache_runtime::{Cache, CacheBuilder};

use crate::arguments::Place;
use crate::exit::Failure;

/// How long a command may take where nobody says. A person waits longer than a program's call.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes of a file that is to hold a URL.
const LONGEST: u64 = 64 << 10;

/// Access to what the arguments and the environment name, connected.
pub(crate) async fn connect(place: &Place) -> Result<Admin, Failure> {
    let (admin, patience) = admin(place)?;
    admin.cache().connect_within(patience).await?;
    Ok(admin)
}

/// The same, before it is connected, and how long that may take.
pub(crate) fn admin(place: &Place) -> Result<(Admin, Duration), Failure> {
    let mut builder = Cache::builder().environment()?;
    let patience = match place.timeout {
        Some(time) => time,
        // The program's own is read with the environment, and stays.
        None if std::env::var_os("CACHE_OP_TIMEOUT").is_some() => {
            return Ok((of(builder, place)?, PATIENCE));
        }
        None => PATIENCE,
    };
    builder = builder.op_timeout(patience).allowance(patience * 2);
    Ok((of(builder, place)?, patience.max(PATIENCE)))
}

fn of(mut builder: CacheBuilder, place: &Place) -> Result<Admin, Failure> {
    if let Some(url) = url(place)? {
        builder = builder.url(url);
    }
    if let Some(prefix) = &place.prefix {
        builder = builder.prefix(prefix);
    }
    Ok(Admin::new(builder)?)
}

/// The URL that the arguments name, if they name one.
fn url(place: &Place) -> Result<Option<String>, Failure> {
    if let Some(url) = &place.url {
        if has_password(url) {
            return Err(Failure::usage(
                "--url has a password in it, which every user of this machine sees in the list of processes: give \
                 the whole URL in CACHE_URL, or in a file by --url-file (`-` is the standard input); and change this \
                 password",
            ));
        }
        return Ok(Some(url.clone()));
    }
    place.url_file.as_deref().map(from_file).transpose()
}

/// Whether a URL says a password, in front of the host or behind it.
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (userinfo, _) = place.rsplit_once('@').unwrap_or(("", place));
    let names_one = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        matches!(name, "pass" | "password" | "sentinel_password")
    };
    userinfo.contains(':') || query.split('&').any(names_one)
}

fn from_file(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => io::stdin().lock().take(LONGEST).read_to_string(&mut text),
        false => fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::usage(format!("--url-file {}: {error}", path.display())))?;
    let first = text.lines().next().unwrap_or_default().trim();
    match first.is_empty() {
        true => Err(Failure::usage(format!(
            "--url-file {}: its first line is empty",
            path.display()
        ))),
        false => Ok(first.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_a_url_may_have_one() {
        for url in [
            "redis://:secret@host",
            "rediss://ada:secret@host:6380/1",
            "redis+sentinel://h1,h2/name?sentinel_username=a&sentinel_password=secret",
            "redis+unix:///path?db=1&pass=secret",
            "redis+cluster://ada:se@cret@h1,h2",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "redis://host:6379/1",
            "redis://ada@host",
            "redis+unix:///path?db=1",
            "redis+cluster://h1:7000,h2:7001",
            "redis://[::1]:6379",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }
}
