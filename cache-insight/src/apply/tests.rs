use super::*;
use crate::advice::{Advice, Kind};

/// An item of a function.
fn item(function: &str, setting: &str, from: &str, to: &str) -> Item {
    let item = serde_json::json!({
        "id": format!("{setting}:{function}"), "kind": Kind::TtlLonger, "function": function, "namespace": "app",
        "because": "", "evidence": [], "effect": {}, "confidence": 0.9, "derived": "",
        "change": { "setting": setting, "from": from, "to": to, "can_apply": true },
    });
    serde_json::from_value(item).unwrap()
}

/// What becomes of a file that an item is applied to.
fn applied(before: &str, items: &[Item]) -> Result<String, ApplyError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.toml");
    fs::write(&path, before).unwrap();
    let done = SettingsFile::at(&path).apply(items);
    let after = fs::read_to_string(&path).unwrap();
    if done.is_err() {
        assert_eq!(after, before);
    }
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside it");
    done.map(|()| after)
}

#[test]
fn comments_and_order_stay() {
    let before = "# Ours.\nmemory = \"64MiB\"\n\n[namespace.app] # all\nttl = \"5m\"\n\n# The users'.\n[function.\"app::find\"]\n\
                  # Long ago.\nttl = \"5m\" # enough\nstale = 60\n";
    let after = applied(
        before,
        &[
            item("app::find", "ttl", "\"5m\"", "\"20m\""),
            item("app::find", "stale", "\"1m\"", "\"2m\""),
            item("", "memory", "\"64MiB\"", "\"128MiB\""),
        ],
    );
    let expected = before
        .replace(
            "ttl = \"5m\" # enough\nstale = 60",
            "ttl = \"20m\" # enough\nstale = \"2m\"",
        )
        .replace("64MiB", "128MiB");
    assert_eq!(after.unwrap(), expected);
}

#[test]
fn what_the_file_does_not_have_is_added() {
    let after = applied(
        "# Nothing yet.\n",
        &[item("app::find", "ttl", "\"5m\"", "\"20m\"")],
    )
    .unwrap();
    assert_eq!(
        after,
        "# Nothing yet.\n\n[function.\"app::find\"]\nttl = \"20m\"\n"
    );
    let after = applied(
        "[namespace.app]\nttl = \"5m\"\n",
        &[item("", "memory", "\"1MiB\"", "\"2MiB\"")],
    )
    .unwrap();
    assert_eq!(after, "memory = \"2MiB\"\n[namespace.app]\nttl = \"5m\"\n");
}

#[test]
fn a_comment_stays_with_what_it_is_of() {
    let before = "[function.a]\nttl = 1\n\n# Of b.\n[namespace.b]\nttl = 2\n# The end.\n";
    let after = applied(before, &[item("app::find", "ttl", "\"5m\"", "\"20m\"")]).unwrap();
    let added = "\n[function.\"app::find\"]\nttl = \"20m\"\n";
    assert_eq!(after, format!("{before}{added}"));
}

#[test]
fn a_table_of_several_functions_stays_theirs() {
    let before = "[function.find]\nttl = \"5m\"\ncompress = \"lz4\"\n";
    let after = applied(before, &[item("app::find", "ttl", "\"5m\"", "\"20m\"")]).unwrap();
    assert!(after.starts_with(before), "{after}");
    assert!(
        after.contains("[function.\"app::find\"]\nttl = \"20m\"\ncompress = \"lz4\"\n"),
        "{after}"
    );
}

#[test]
fn what_is_not_sure_or_not_so_any_more_is_refused() {
    let sure = item("app::find", "ttl", "\"5m\"", "\"20m\"");
    let unsure = Item {
        confidence: 0.79,
        ..sure.clone()
    };
    let no_number = Item {
        confidence: f64::NAN,
        ..sure.clone()
    };
    for unsure in [&unsure, &no_number] {
        let refused = applied("", &[sure.clone(), unsure.clone()]).unwrap_err();
        assert!(matches!(refused, ApplyError::NotSure { .. }), "{refused}");
    }
    let other = applied(
        "[function.\"app::find\"]\nttl = \"7m\"\n",
        std::slice::from_ref(&sure),
    );
    let told = other.unwrap_err().to_string();
    assert!(told.contains("\"5m\"") && told.contains("\"7m\""), "{told}");
    let same = applied(
        "[function.\"app::find\"]\nttl = \"20m\"\n",
        std::slice::from_ref(&sure),
    );
    assert!(same.is_ok(), "it is so already");
    let twice = applied("", &[sure.clone(), sure.clone()]).unwrap_err();
    assert!(matches!(twice, ApplyError::Twice { .. }), "{twice}");
    for wrong in [
        "[function.\"app::find\"\n",
        "function = 5\n",
        "[function]\n\"app::find\" = { ttl = 5 }\n",
    ] {
        let refused = applied(wrong, std::slice::from_ref(&sure)).unwrap_err();
        assert!(matches!(refused, ApplyError::Malformed { .. }), "{refused}");
    }
    let bad = item("app::find", "ttl", "\"5m\"", "\"5m\"\n[namespace.x]");
    assert!(matches!(
        applied("", &[bad]),
        Err(ApplyError::Malformed { .. })
    ));
    let gone = SettingsFile::at("/nowhere/cache.toml")
        .apply(&[sure])
        .unwrap_err();
    assert!(gone.to_string().contains("CACHE_CONFIG"), "{gone}");
}

#[test]
fn forced_it_is_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.toml");
    fs::write(&path, "").unwrap();
    let unsure = Item {
        confidence: 0.1,
        ..item("app::find", "ttl", "\"5m\"", "\"20m\"")
    };
    SettingsFile::at(&path).forced().apply(&[unsure]).unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("20m"));
}

#[test]
fn nothing_counted_is_nothing_advised() {
    let advice = Advice::of_stats(&cache_runtime::Stats::default());
    assert_eq!(advice.to_string(), "nothing that the figures show");
}

/// Where a test may give files away, as in a container.
#[test]
fn the_file_stays_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.toml");
    fs::write(&path, "memory = \"64MiB\"\n").unwrap();
    if std::os::unix::fs::chown(&path, Some(65_534), Some(65_534)).is_err() {
        return;
    }
    let larger = item("", "memory", "\"64MiB\"", "\"128MiB\"");
    SettingsFile::at(&path).apply(&[larger]).unwrap();
    let told = fs::metadata(&path).unwrap();
    assert_eq!((told.uid(), told.gid()), (65_534, 65_534));
}
