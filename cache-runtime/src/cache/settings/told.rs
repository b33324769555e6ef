//! The settings of a cache as they are told: what each is, and who said so.

use std::path::Path;

use super::{Durability, Settings, Url};
use crate::overrides::{SettingFrom, SettingInForce};

/// A setting by its name, and its value as a person reads it. None has a secret in it.
pub(in crate::cache) type Shown = (&'static str, String);

impl Settings {
    /// What is in force, and who said so. What the program sets to the default is told of as that.
    pub(in crate::cache) fn told(&self) -> Vec<SettingInForce> {
        let defaults = Self::default().shown();
        let of = |((name, value), (_, default)): (Shown, Shown)| {
            let from = match self.variable(name, &value) {
                Some(variable) => SettingFrom::Environment(variable),
                None if value == default => SettingFrom::Default,
                None => SettingFrom::Builder,
            };
            SettingInForce { name, value, from }
        };
        self.shown().into_iter().zip(defaults).map(of).collect()
    }

    /// The variable that made a setting what it is: one that was changed since was made by the program.
    fn variable(&self, setting: &str, value: &str) -> Option<&'static str> {
        let is_as_read = |(name, read): &Shown| *name == setting && read == value;
        let variables = self.variables.iter().rev();
        let (_, variable) = variables.clone().find(|(name, _)| *name == setting)?;
        self.as_read.iter().any(is_as_read).then_some(*variable)
    }

    /// Each setting, always in this order.
    pub(in crate::cache) fn shown(&self) -> Vec<Shown> {
        let path = |path: Option<&Path>| path.map_or_else(none, |path| path.display().to_string());
        let certificate = self.client_certificate.as_ref();
        let replicas = match self.durability {
            Durability::Master => "master".to_owned(),
            Durability::Replicas(count) => format!("{count} replicas"),
        };
        let encryption = match self.encryption {
            Some(_) => "keys are set".to_owned(),
            None => none(),
        };
        let runtime = match self.runtime {
            Some(_) => "one of the program's",
            None => "the cache's own thread",
        };
        let verify = self.limits(!self.is_without_server()).verify;
        vec![
            ("url", self.url.without_secrets()),
            ("prefix", self.prefix.clone()),
            ("enabled", self.enabled.to_string()),
            ("memory_bytes", self.memory_bytes.to_string()),
            ("max_value", format!("{} bytes", self.max_value)),
            ("op_timeout", format!("{:?}", self.op_timeout)),
            ("allowance", format!("{:?}", self.allowed())),
            ("lag", format!("{:?}", self.lag)),
            ("lease", format!("{:?}", self.lease)),
            ("breaker", format!("{} timeouts", self.breaker)),
            ("connections", self.connections.to_string()),
            ("durability", replicas),
            ("jitter", self.jitter.to_string()),
            ("max_refreshes", self.max_refreshes.to_string()),
            ("verify", verify.to_string()),
            ("fleet", self.fleet.to_string()),
            ("fleet_interval", format!("{:?}", self.fleet_interval)),
            ("config", path(self.config.as_deref())),
            ("encryption", encryption),
            ("ca_file", path(self.ca_file.as_deref())),
            (
                "client_certificate",
                path(certificate.map(|(own, _)| own.as_path())),
            ),
            ("runtime", runtime.to_owned()),
        ]
    }
}

impl Url {
    /// Where it leads: without user and password, and without what may name one behind it.
    fn without_secrets(&self) -> String {
        let (place, _) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
        let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        match scheme {
            "" => host.to_owned(),
            scheme => format!("{scheme}://{host}"),
        }
    }
}

fn none() -> String {
    "none".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cache::Cache;

    fn of(told: &[SettingInForce], name: &str) -> (String, SettingFrom) {
        let found = told.iter().find(|setting| setting.name == name).unwrap();
        (found.value.clone(), found.from)
    }

    #[test]
    fn each_setting_says_who_made_it() {
        let set = |name: &str| match name {
            "CACHE_LAG" => Some("3s".to_owned()),
            "CACHE_BREAKER" => Some("5".to_owned()),
            "CACHE_PREFIX" => Some("shop".to_owned()),
            // As it would be without.
            "CACHE_CONNECTIONS" => Some("1".to_owned()),
            _ => None,
        };
        let builder = Cache::builder().variables(set).unwrap();
        let cache = builder.breaker(7).jitter(0.5).build().unwrap();
        let told = cache.settings();
        assert_eq!(
            of(&told, "lag"),
            ("3s".to_owned(), SettingFrom::Environment("CACHE_LAG"))
        );
        assert_eq!(
            of(&told, "prefix").1,
            SettingFrom::Environment("CACHE_PREFIX")
        );
        let connections = SettingFrom::Environment("CACHE_CONNECTIONS");
        assert_eq!(of(&told, "connections").1, connections);
        assert_eq!(of(&told, "breaker").1, SettingFrom::Builder, "set later");
        assert_eq!(of(&told, "jitter").1, SettingFrom::Builder);
        assert_eq!(of(&told, "lease"), ("5s".to_owned(), SettingFrom::Default));
        // It follows from another, which was not set either.
        assert_eq!(of(&told, "allowance").1, SettingFrom::Default);
    }

    #[test]
    fn no_setting_tells_a_secret() {
        for url in [
            "redis://:s3cret@host:6379/1",
            "rediss://ada:s3cret@host",
            "redis+unix:///path?db=1&pass=s3cret",
            "redis+sentinel://h1,h2/name?sentinel_password=s3cret",
            "redis+cluster://ada:s3@s3cret@h1,h2",
        ] {
            let settings = Settings {
                url: Url(url.to_owned()),
                lag: Duration::from_secs(1),
                ..Settings::default()
            };
            let told = format!("{:?}", settings.told());
            assert!(!told.contains("s3"), "{told}");
            assert!(told.contains("redis"), "{told}");
        }
    }
}
