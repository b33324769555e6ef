use super::*;

const NOW: Moment = Moment(5_000);

fn digests(_: u32, parts: &[u8]) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    digest[..parts.len()].copy_from_slice(parts);
    Some(digest)
}

fn key(n: u8, text: Option<&str>) -> SeenKey<'_> {
    let mut digest = [0; 16];
    digest[0] = n;
    SeenKey {
        hash: u64::from(n),
        digest,
        text,
    }
}

fn shown(keys: &HeavyKeys) -> Vec<(String, u64)> {
    let keys = keys.keys.iter();
    keys.map(|key| (key.shown().to_owned(), key.weight))
        .collect()
}

fn told(sketch: &Sketch) -> Insight {
    sketch.snapshot(NOW, &digests)
}

#[test]
fn each_list_weighs_what_it_is_of() {
    let sketch = Sketch::new(0);
    let (one, other) = (key(1, Some("user:1")), key(2, Some("user:2")));
    sketch.loaded(one, Duration::from_nanos(10));
    sketch.loaded(one, Duration::from_nanos(10));
    sketch.loaded(other, Duration::from_nanos(50));
    sketch.stored(one, 7);
    sketch.invalidated(other);
    sketch.read(one);
    let told = told(&sketch);
    let of = |name: &str, weight| (name.to_owned(), weight);
    assert_eq!(
        shown(&told.by_load_time),
        [of("user:2", 50), of("user:1", 20)]
    );
    assert_eq!(shown(&told.by_loads), [of("user:1", 2), of("user:2", 1)]);
    assert_eq!(shown(&told.by_bytes), [of("user:1", 7)]);
    assert_eq!(shown(&told.by_invalidations), [of("user:2", 1)]);
    assert_eq!(shown(&told.by_reads), [of("user:1", 1)]);
}

#[test]
fn a_hit_is_told_by_its_digest_until_its_text_is_known() {
    let sketch = Sketch::new(0);
    let hit = EncodedKey {
        site: 0,
        hash: 1,
        parts: &[1],
    };
    sketch.hit(hit);
    let digest = format!("01{}", "00".repeat(15));
    assert_eq!(
        shown(&told(&sketch).by_reads),
        [(digest.clone(), HITS_EACH)]
    );
    sketch.passed(NOW, key(1, Some("user:1")), None);
    let keys = told(&sketch).by_reads.keys;
    assert_eq!(keys[0].name.as_deref(), Some("user:1"));
    assert_eq!(keys[0].digest, digest);
}

#[test]
fn a_hit_whose_digest_can_not_be_known_is_not_told_and_counts_among_the_others() {
    let sketch = Sketch::new(0);
    sketch.is_of(
        HadSettings::default(),
        true,
        (String::new, BeforeTtl::default),
    );
    sketch.hit(EncodedKey {
        site: 0,
        hash: 1,
        parts: &[1],
    });
    let reads = told(&sketch).by_reads;
    assert_eq!((reads.keys.len(), reads.others_at_most), (0, HITS_EACH));
}

#[test]
fn texts_have_a_bound_and_past_it_keys_are_told_by_their_digest() {
    let sketch = Sketch::new(0);
    let long = "x".repeat(LONGEST + 1);
    sketch.loaded(key(0, Some(&long)), Duration::ZERO);
    assert_eq!(told(&sketch).by_loads.keys[0].name, None);
    let text = "y".repeat(LONGEST);
    for n in 0..=255 {
        sketch.loaded(key(n, Some(&text)), Duration::from_nanos(1));
        sketch.stored(key(n, Some(&text)), 1);
        sketch.hit(EncodedKey {
            site: 0,
            hash: u64::from(n),
            parts: &[7; LONGEST],
        });
        let learnt = sketch.learnt.lock();
        let lists = learnt.lists().into_iter().flat_map(SpaceSaving::counters);
        let texts: usize = lists.map(|one| one.label.bytes()).sum();
        assert_eq!(texts, learnt.texts);
        assert!(texts <= TEXTS, "{texts}");
    }
}

#[test]
fn all_sketches_of_a_cache_take_less_than_half_a_mebibyte() {
    let lists = 5 * space_saving::COUNTERS * size_of::<space_saving::Counter<Label>>();
    let each = size_of::<Sketch>() + lists + TEXTS + PATTERN;
    let all = each * (FUNCTIONS + 1);
    assert!(all < 512 << 10, "{all}");
}
