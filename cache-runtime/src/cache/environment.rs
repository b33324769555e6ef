//! Settings from environment variables.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use super::CacheBuilder;
use crate::error::{CacheError, Result};

impl CacheBuilder {
    /// Takes what the environment sets, over what was set before:
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `CACHE_URL`, else `REDIS_URL` | [`url`](Self::url) |
    /// | `CACHE_PREFIX` | [`prefix`](Self::prefix) |
    /// | `CACHE_MEMORY_BYTES` | [`memory_bytes`](Self::memory_bytes) |
    /// | `CACHE_OP_TIMEOUT` | [`op_timeout`](Self::op_timeout): `100ms`, `2s`, or a number of milliseconds |
    /// | `CACHE_LAG` | [`lag`](Self::lag), likewise |
    /// | `CACHE_JITTER` | [`jitter`](Self::jitter): a number from `0.0` to `1.0` |
    /// | `CACHE_CA_FILE` | [`ca_file`](Self::ca_file) |
    /// | `CACHE_ENABLED` | [`enabled`](Self::enabled): `1`, `true`, `0` or `false` |
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] naming the variable that can't be read.
    pub fn environment(self) -> Result<Self, CacheError> {
        self.variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn variables(mut self, get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        for variable in ["REDIS_URL", "CACHE_URL"] {
            if let Some(url) = get(variable) {
                self = self.url(url);
                self.variables.push(("url", variable));
            }
        }
        if let Some(prefix) = get("CACHE_PREFIX") {
            self = self.prefix(prefix);
        }
        if let Some(bytes) = parsed(
            &get,
            "CACHE_MEMORY_BYTES",
            u64::from_str,
            "a number of bytes",
        )? {
            self = self.memory_bytes(bytes);
            self.variables.push(("memory_bytes", "CACHE_MEMORY_BYTES"));
        }
        let time = "a time such as `100ms` or `2s`";
        if let Some(timeout) = parsed(&get, "CACHE_OP_TIMEOUT", duration, time)? {
            self = self.op_timeout(timeout);
            self.variables.push(("op_timeout", "CACHE_OP_TIMEOUT"));
        }
        if let Some(lag) = parsed(&get, "CACHE_LAG", duration, time)? {
            self = self.lag(lag);
            self.variables.push(("lag", "CACHE_LAG"));
        }
        let share = "a number from `0.0` to `1.0`";
        if let Some(jitter) = parsed(&get, "CACHE_JITTER", f64::from_str, share)? {
            self = self.jitter(jitter);
            self.variables.push(("jitter", "CACHE_JITTER"));
        }
        if let Some(path) = get("CACHE_CA_FILE") {
            self = self.ca_file(path);
        }
        if let Some(enabled) = parsed(&get, "CACHE_ENABLED", switch, "`true` or `false`")? {
            self = self.enabled(enabled);
        }
        Ok(self)
    }
}

fn parsed<T, E>(
    get: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
    takes: &str,
) -> Result<Option<T>> {
    let Some(text) = get(name) else {
        return Ok(None);
    };
    let value = parse(text.trim()).map_err(|_| CacheError::Setting {
        setting: name,
        reason: format!("it takes {takes}"),
    })?;
    Ok(Some(value))
}

fn duration(text: &str) -> Result<Duration, ()> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| ())?;
    match unit.trim() {
        "ms" | "" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err(()),
    }
}

fn switch(text: &str) -> Result<bool, ()> {
    match text {
        "1" | "true" | "on" => Ok(true),
        "0" | "false" | "off" => Ok(false),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<CacheBuilder> {
        let find = |name: &str| {
            set.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        CacheBuilder::default().variables(find)
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("CACHE_MEMORY_BYTES", "a lot"),
            ("CACHE_OP_TIMEOUT", "5 parsecs"),
            ("CACHE_LAG", "-1"),
            ("CACHE_JITTER", "some"),
            ("CACHE_ENABLED", "maybe"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_variable_that_is_refused_later_is_named_as_well() {
        for (name, value) in [
            ("CACHE_URL", "http://localhost"),
            ("REDIS_URL", "nonsense"),
            ("CACHE_LAG", "0"),
            ("CACHE_JITTER", "1.5"),
            ("CACHE_JITTER", "NaN"),
            ("CACHE_OP_TIMEOUT", "0ms"),
        ] {
            let error = read(&[(name, value)])
                .and_then(CacheBuilder::build)
                .unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn what_is_set_is_taken() {
        let builder = read(&[
            ("REDIS_URL", "redis://other"),
            ("CACHE_PREFIX", "shop"),
            ("CACHE_MEMORY_BYTES", "1024"),
            ("CACHE_OP_TIMEOUT", "50"),
            ("CACHE_LAG", "3s"),
            ("CACHE_JITTER", "0.25"),
            ("CACHE_ENABLED", "0"),
        ]);
        let shown = format!("{:?}", builder.unwrap());
        for part in ["\"shop\"", "1024", "50ms", "3s", "0.25", "enabled: false"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
