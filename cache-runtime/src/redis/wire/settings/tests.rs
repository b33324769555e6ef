use super::*;

fn parse(url: &str) -> LinkSettings {
    LinkSettings::parse(url).unwrap()
}

fn seeds(settings: &LinkSettings) -> Vec<String> {
    settings.seeds().iter().map(ToString::to_string).collect()
}

#[test]
fn each_form_of_url_is_read_or_refused_with_the_forms() {
    for good in [
        "redis://h",
        "redis://u:p@h:1/2",
        "redis+unix:///tmp/s",
        "unix:///tmp/s",
        "redis+sentinel://h/name",
        "redis+sentinel://u:p%40@h1,h2:7,[::1]/a.b-c_D/3",
        "redis+sentinel://h/name/?sentinel_username=u&sentinel_password=p",
        "redis+cluster://h",
        "redis+cluster://:p@h1,h2:7/0",
    ] {
        assert!(LinkSettings::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "http://h",
        "h:1",
        "redis+other://h",
        "redis://u:secret@h:port",
        "redis://h/notanumber",
        "memory:x",
        "redis://u:secret@h#insecure",
        "redis+sentinel://:secret@h",
        "redis+sentinel://:secret@h/",
        "redis+sentinel://:secret@/name",
        "redis+sentinel://:secret@h,/name",
        "redis+sentinel://:secret@h:port/name",
        "redis+sentinel://:secret@h/na me",
        "redis+sentinel://:secret@h/name/x",
        "redis+sentinel://:secret@h/name/1/2",
        "redis+sentinel://:secret@h1,:secret@h2/name",
        "redis+sentinel:h/name",
        "redis+sentinel://h/name?sentinel_username=secret",
        "redis+sentinel://h/name?sentinel_password=",
        "redis+sentinel://h/name?sentinel_password=secret&sentinel_password=b",
        "redis+sentinel://h/name?secret=1",
        "redis+cluster://:secret@h/1",
        "redis+cluster://:secret@h,h:x",
        "redis+cluster://:secret@",
        "redis+cluster://:secret@h?db=1",
    ] {
        let error = LinkSettings::parse(bad).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        assert!(error.contains("redis+cluster://"), "{bad}: {error}");
    }
    for tls in ["rediss://h", "rediss+sentinel://h/n", "rediss+cluster://h"] {
        assert_eq!(LinkSettings::parse(tls).is_ok(), cfg!(feature = "tls"));
    }
}

#[test]
fn sentinels_and_a_cluster_have_seeds_with_their_own_port() {
    let sentinels =
        parse("redis+sentinel://u%3A:p%2F@h1,h2:7,[::1]/main/3?sentinel_password=a%26+b");
    assert_eq!(seeds(&sentinels), ["h1:26379", "h2:7", "[::1]:26379"]);
    let Place::Sentinel {
        name, credentials, ..
    } = &sentinels.place
    else {
        panic!("{sentinels:?}");
    };
    let credentials = credentials.as_ref().unwrap();
    assert_eq!((&**name, &credentials.user), ("main", &None));
    assert_eq!(credentials.password, "a&+b");
    let of_server = sentinels.info.redis_settings();
    assert_eq!(
        (of_server.username(), of_server.password(), of_server.db()),
        (Some("u:"), Some("p/"), 3)
    );
    let cluster = parse("redis+cluster://h1,[fe80::1]:7");
    assert_eq!(seeds(&cluster), ["h1:6379", "[fe80::1]:7"]);
    assert!(parse("redis://h").seeds().is_empty());
}

#[test]
fn a_node_of_a_cluster_has_its_own_address_and_all_else() {
    let cluster = parse("redis+cluster://u:p@h1,h2")
        .with_times(Duration::from_millis(7), Duration::from_millis(9));
    let node = cluster.at("::1", 8);
    assert!(matches!(node.place, Place::Node));
    assert_eq!(node.info.addr().to_string(), "::1:8");
    assert_eq!(node.info.redis_settings().password(), Some("p"));
    assert_eq!(node.op_timeout, Duration::from_millis(7));
}

#[cfg(feature = "tls")]
#[test]
fn a_node_found_through_tls_is_spoken_to_in_tls() {
    let node = parse("rediss+sentinel://h/n").at("node", 8);
    let ConnectionAddr::TcpTls { host, port, .. } = node.info.addr() else {
        panic!("{node:?}");
    };
    assert_eq!((host.as_str(), *port), ("node", 8));
}

#[test]
fn debug_shows_addresses_and_no_secret() {
    for (url, address) in [
        ("redis://user:s3cret@host:7/1", "host:7"),
        ("redis+cluster://user:s3cret@host:7", "host"),
        ("redis+sentinel://user:s3cret@host:7/name", "name"),
        ("redis+sentinel://host:7/name?sentinel_password=s3cret", "7"),
    ] {
        let shown = format!("{:?}", parse(url));
        assert!(shown.contains(address), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
