//! Settings from environment variables.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use super::CacheBuilder;
use crate::error::{CacheError, Result};
use crate::frame::EncryptionKeys;

impl CacheBuilder {
    /// Takes the settings that environment variables have; they replace what was set before.
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `CACHE_URL`, else `REDIS_URL` | [`url`](Self::url): one server, sentinels, a cluster or `memory:` |
    /// | `CACHE_PREFIX` | [`prefix`](Self::prefix) |
    /// | `CACHE_MEMORY_BYTES` | [`memory_bytes`](Self::memory_bytes) |
    /// | `CACHE_OP_TIMEOUT` | [`op_timeout`](Self::op_timeout): `100ms`, `2s`, or a number of milliseconds |
    /// | `CACHE_ALLOWANCE` | [`allowance`](Self::allowance): a time like `CACHE_OP_TIMEOUT` |
    /// | `CACHE_BREAKER` | [`breaker`](Self::breaker): a number of timeouts |
    /// | `CACHE_CONNECTIONS` | [`connections`](Self::connections): a number |
    /// | `CACHE_LAG` | [`lag`](Self::lag): a time like `CACHE_OP_TIMEOUT` |
    /// | `CACHE_JITTER` | [`jitter`](Self::jitter): a number from `0.0` to `1.0` |
    /// | `CACHE_CA_FILE` | [`ca_file`](Self::ca_file) |
    /// | `CACHE_CLIENT_CERT` and `CACHE_CLIENT_KEY` | [`client_certificate`](Self::client_certificate) |
    /// | `CACHE_VERIFY` | [`verify`](Self::verify): `1`, `true`, `0` or `false` |
    /// | `CACHE_FLEET` | [`fleet`](Self::fleet): `1`, `true`, `0` or `false` |
    /// | `CACHE_FLEET_INTERVAL` | [`fleet_interval`](Self::fleet_interval): a time like `CACHE_OP_TIMEOUT` |
    /// | `CACHE_CONFIG` | [`config`](Self::config): a path |
    /// | `CACHE_ENCRYPTION_KEYS` | `encryption`: keys of 64 hexadecimal digits, with commas between them, the current one first; it needs the feature `encrypt` |
    /// | `CACHE_ENABLED` | [`enabled`](Self::enabled): `1`, `true`, `0` or `false` |
    ///
    /// Without the feature `redis` a URL of a Redis is refused by [`build`](Self::build); `CACHE_URL=memory:`
    /// is for a program whose `REDIS_URL` is another's.
    ///
    /// # Errors
    ///
    /// [`CacheError::Setting`] naming the variable that can't be read.
    pub fn environment(self) -> Result<Self, CacheError> {
        self.variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    pub(super) fn variables(self, get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut read = self.each_variable(get)?;
        read.settings.as_read = read.settings.shown();
        Ok(read)
    }

    fn each_variable(mut self, get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        for variable in ["REDIS_URL", "CACHE_URL"] {
            if let Some(url) = get(variable) {
                self = self.url(url);
                self.settings.variables.push(("url", variable));
            }
        }
        if let Some(prefix) = get("CACHE_PREFIX") {
            self = self.prefix(prefix);
            self.settings.variables.push(("prefix", "CACHE_PREFIX"));
        }
        if let Some(path) = get("CACHE_CA_FILE") {
            self = self.ca_file(path);
            self.settings.variables.push(("ca_file", "CACHE_CA_FILE"));
        }
        if let Some(path) = get("CACHE_CONFIG") {
            self = self.config(path);
            self.settings.variables.push(("config", "CACHE_CONFIG"));
        }
        if let Some(keys) = get("CACHE_ENCRYPTION_KEYS") {
            self.settings.encryption = Some(encryption(&keys)?);
            let named = ("encryption", "CACHE_ENCRYPTION_KEYS");
            self.settings.variables.push(named);
        }
        if let Some((certificate, key)) = pair(&get, "CACHE_CLIENT_CERT", "CACHE_CLIENT_KEY")? {
            self = self.client_certificate(certificate, key);
            let named = ("client_certificate", "CACHE_CLIENT_CERT");
            self.settings.variables.push(named);
        }
        let (time, count) = ("a time such as `100ms` or `2s`", "a whole number");
        let named = ("memory_bytes", "CACHE_MEMORY_BYTES");
        self = self.take(
            &get,
            named,
            u64::from_str,
            "a number of bytes",
            Self::memory_bytes,
        )?;
        let named = ("op_timeout", "CACHE_OP_TIMEOUT");
        self = self.take(&get, named, duration, time, Self::op_timeout)?;
        let named = ("allowance", "CACHE_ALLOWANCE");
        self = self.take(&get, named, duration, time, Self::allowance)?;
        let named = ("breaker", "CACHE_BREAKER");
        self = self.take(&get, named, u32::from_str, count, Self::breaker)?;
        let named = ("connections", "CACHE_CONNECTIONS");
        self = self.take(&get, named, usize::from_str, count, Self::connections)?;
        let named = ("lag", "CACHE_LAG");
        self = self.take(&get, named, duration, time, Self::lag)?;
        let named = ("jitter", "CACHE_JITTER");
        let share = "a number from `0.0` to `1.0`";
        self = self.take(&get, named, f64::from_str, share, Self::jitter)?;
        let named = ("fleet_interval", "CACHE_FLEET_INTERVAL");
        self = self.take(&get, named, duration, time, Self::fleet_interval)?;
        let either = "`true` or `false`";
        let named = ("fleet", "CACHE_FLEET");
        self = self.take(&get, named, switch, either, Self::fleet)?;
        self = self.take(
            &get,
            ("verify", "CACHE_VERIFY"),
            switch,
            either,
            Self::verify,
        )?;
        let named = ("enabled", "CACHE_ENABLED");
        self.take(&get, named, switch, either, Self::enabled)
    }

    /// Takes one setting, if its variable is set, and remembers what it is called there.
    fn take<T, E>(
        mut self,
        get: &impl Fn(&str) -> Option<String>,
        (setting, variable): (&'static str, &'static str),
        parse: impl Fn(&str) -> Result<T, E>,
        takes: &str,
        set: impl Fn(Self, T) -> Self,
    ) -> Result<Self> {
        let Some(text) = get(variable) else {
            return Ok(self);
        };
        let value = parse(text.trim()).map_err(|_| CacheError::Setting {
            setting: variable,
            reason: format!("it takes {takes}"),
        })?;
        self.settings.variables.push((setting, variable));
        Ok(set(self, value))
    }
}

/// Two variables of which neither means anything without the other.
fn pair(
    get: &impl Fn(&str) -> Option<String>,
    first: &'static str,
    second: &'static str,
) -> Result<Option<(String, String)>> {
    let (missing, other) = match (get(first), get(second)) {
        (Some(a), Some(b)) => return Ok(Some((a, b))),
        (None, None) => return Ok(None),
        (Some(_), None) => (second, first),
        (None, Some(_)) => (first, second),
    };
    Err(CacheError::Setting {
        setting: missing,
        reason: format!("it is not set and `{other}` is: they belong together"),
    })
}

fn encryption(text: &str) -> Result<EncryptionKeys> {
    EncryptionKeys::parse(text).map_err(|reason| CacheError::Setting {
        setting: "CACHE_ENCRYPTION_KEYS",
        reason: reason.to_owned(),
    })
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
            ("CACHE_VERIFY", "maybe"),
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
            ("CACHE_LAG", "18446744073709551615s"),
            ("CACHE_OP_TIMEOUT", "18446744073709551615"),
            ("CACHE_JITTER", "-0.1"),
            ("CACHE_JITTER", "inf"),
            ("CACHE_ALLOWANCE", "100000s"),
            ("CACHE_CONNECTIONS", "18446744073709551615"),
            ("CACHE_JITTER", "1.5"),
            ("CACHE_JITTER", "NaN"),
            ("CACHE_OP_TIMEOUT", "0ms"),
            ("CACHE_ALLOWANCE", "0ms"),
            ("CACHE_BREAKER", "0"),
            ("CACHE_CONNECTIONS", "0"),
        ] {
            let error = read(&[(name, value)])
                .and_then(CacheBuilder::build)
                .unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_time_or_share_out_of_range_is_refused_with_its_range() {
        for (name, value, range) in [
            ("CACHE_OP_TIMEOUT", "2000000s", "from 1 ms to 1 h"),
            ("CACHE_LAG", "0ms", "from 1 ms to 1 day"),
            ("CACHE_JITTER", "NaN", "from 0.0 to 1.0"),
            ("CACHE_FLEET_INTERVAL", "99ms", "from 100 ms to 1 h"),
            ("CACHE_CONNECTIONS", "65", "from 1 to 64"),
        ] {
            let refused = read(&[(name, value)]).and_then(CacheBuilder::build);
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(range), "{error}");
        }
    }

    #[tokio::test]
    async fn a_number_without_a_bound_may_be_the_largest() {
        use crate::Policy;
        use std::time::Duration;

        let builder = read(&[
            ("CACHE_MEMORY_BYTES", "18446744073709551615"),
            ("CACHE_BREAKER", "4294967295"),
        ]);
        let cache = builder.unwrap().max_refreshes(usize::MAX).build().unwrap();
        let policy = Policy::new(Duration::MAX)
            .stale(Duration::MAX)
            .early(f64::MAX);
        for _ in 0..2 {
            let load = async { Ok::<_, String>(7) };
            assert_eq!(cache.get_or_load("n", &1, &policy, load).await, Ok(7));
        }
    }

    #[test]
    fn keys_are_taken_and_never_told() {
        let key = "5ec2e7".repeat(11)[..64].to_owned();
        let both = format!("{key}, {}", key.replace('5', "6"));
        for (text, is_right) in [(&both, true), (&key[1..].to_owned(), false)] {
            let read = read(&[("CACHE_ENCRYPTION_KEYS", text)]);
            let told = match read {
                Ok(builder) => {
                    assert!(is_right && cfg!(feature = "encrypt"));
                    let shown = format!("{builder:?}");
                    format!("{shown} {:?}", builder.build().unwrap())
                }
                Err(error) => {
                    let why = match cfg!(feature = "encrypt") {
                        true => "64 hexadecimal digits",
                        false => "needs the feature `encrypt`",
                    };
                    let told = format!("{error} {error:?}");
                    assert!(told.contains(why), "{told}");
                    assert!(told.contains("CACHE_ENCRYPTION_KEYS"), "{told}");
                    told
                }
            };
            assert!(!told.contains("5ec2e7"), "{told}");
        }
    }

    #[test]
    fn a_certificate_without_its_key_names_the_one_that_is_missing() {
        for (set, missing) in [
            ("CACHE_CLIENT_CERT", "CACHE_CLIENT_KEY"),
            ("CACHE_CLIENT_KEY", "CACHE_CLIENT_CERT"),
        ] {
            let error = read(&[(set, "file.pem")]).unwrap_err().to_string();
            assert!(error.contains(&format!("`{missing}` is wrong")), "{error}");
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
            ("CACHE_FLEET", "off"),
            ("CACHE_FLEET_INTERVAL", "7s"),
            ("CACHE_VERIFY", "on"),
            ("CACHE_ENABLED", "0"),
        ]);
        let shown = format!("{:?}", builder.unwrap());
        for part in [
            "\"shop\"",
            "1024",
            "50ms",
            "3s",
            "0.25",
            "fleet: false",
            "7s",
            "verify: Some(true)",
            "enabled: false",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
