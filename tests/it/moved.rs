//! The caching that examples of `cached`, `hitbox` and `moka` show, said in annotations: what each keeps, and when it
//! ends.

use std::convert::Infallible;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_runtime::{Cache, CacheKey, LoadTimeout, Policy, Served, bypass, cached, outcome};
use cache_tests::Server;
use serde::{Deserialize, Serialize};
use tokio::join;

use crate::origin::Origin;
use crate::{server, until};

const LIMIT: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);

fn words(word: &str) -> Vec<String> {
    vec![word.to_owned()]
}

// One value for every argument: what `#[once]` is, and a `convert` to a constant.

#[cached(ttl = "forever")]
async fn warmed(shelf: u64) {
    let _ = shelf;
    tokio::task::yield_now().await;
}

#[cached(ttl = "1s", key = ())]
async fn of_this_second(word: &str) -> Result<Vec<String>, &'static dyn Error> {
    Ok(words(word))
}

#[cached(ttl = "forever", skip(word, fails))]
async fn first(word: &str, fails: bool) -> Result<Vec<String>, u32> {
    if fails { Err(404) } else { Ok(words(word)) }
}

#[cached(ttl = "1s", skip(word, fails))]
async fn first_of_a_second(word: &str, fails: bool) -> Result<Vec<String>, u32> {
    if fails { Err(404) } else { Ok(words(word)) }
}

#[cached(ttl = "forever", none_ttl = 0, skip(word))]
async fn found(word: Option<&str>) -> Option<Vec<String>> {
    word.map(words)
}

#[cached(ttl = "1s", none_ttl = 0, skip(word))]
async fn found_this_second(word: Option<&str>) -> Option<Vec<String>> {
    word.map(words)
}

#[cached(ttl = "1s", skip(word))]
async fn any(word: &str) -> Vec<String> {
    words(word)
}

#[cached(ttl = "2s", skip(word))]
async fn of_one_run(word: &str) -> Vec<String> {
    tokio::task::yield_now().await;
    words(word)
}

#[tokio::test]
async fn a_function_that_returns_nothing_runs_once_for_its_arguments() {
    let test = Cache::testing();
    test.run(async {
        for shelf in [2, 2, 3, 2] {
            warmed(shelf).await;
        }
        test.advance(LIMIT * 1_000);
        warmed(2).await;
    })
    .await;
    assert_eq!(test.loads(&warmed), 2);
}

#[tokio::test]
async fn a_skipped_argument_is_ignored_until_the_ttl_ends() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(of_this_second("oak").await.unwrap(), words("oak"));
        assert_eq!(of_this_second("elm").await.unwrap(), words("oak"));
        assert_eq!(
            (any("oak").await, any("elm").await),
            (words("oak"), words("oak"))
        );
        test.advance(SECOND);
        assert_eq!(of_this_second("elm").await.unwrap(), words("elm"));
        assert_eq!(any("elm").await, words("elm"));
    })
    .await;
}

#[tokio::test]
async fn the_first_ok_is_kept_and_no_error() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(first("oak", true).await, Err(404));
        assert_eq!(first_of_a_second("oak", true).await, Err(404));
        for word in ["ash", "elm"] {
            assert_eq!(first(word, false).await, Ok(words("ash")));
            assert_eq!(first_of_a_second(word, false).await, Ok(words("ash")));
        }
        assert_eq!(
            first("oak", true).await,
            Ok(words("ash")),
            "a hit asks nobody"
        );
        test.advance(SECOND);
        assert_eq!(first("elm", false).await, Ok(words("ash")));
        assert_eq!(first_of_a_second("elm", false).await, Ok(words("elm")));
    })
    .await;
}

#[tokio::test]
async fn the_first_some_is_kept_and_no_none() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(
            (found(None).await, found_this_second(None).await),
            (None, None)
        );
        for word in [Some("ash"), Some("elm"), None] {
            assert_eq!(found(word).await, Some(words("ash")));
            assert_eq!(found_this_second(word).await, Some(words("ash")));
        }
        test.advance(SECOND);
        assert_eq!(found(Some("elm")).await, Some(words("ash")));
        assert_eq!(found_this_second(Some("elm")).await, Some(words("elm")));
    })
    .await;
}

#[tokio::test]
async fn callers_at_one_time_share_one_run() {
    let test = Cache::testing();
    let (oak, elm) = test
        .run(async { join!(of_one_run("oak"), of_one_run("elm")) })
        .await;
    assert_eq!((oak, elm), (words("oak"), words("oak")));
    assert_eq!(test.loads(&of_one_run), 1);
}

// Redis, of a process and of another.

#[cached(ns = "moved report", ttl = "30s")]
async fn report(month: u64) -> Result<(), String> {
    let _ = month;
    Ok(())
}

/// Where theirs lengthens a life at each hit: here a life has an end, and `stale` spares callers the wait.
#[cached(ns = "moved label", ttl = "1s", stale = "1m")]
async fn label(id: u64) -> Result<String, String> {
    Ok(format!("label {id}"))
}

#[cached(ns = "moved name", ttl = "30s")]
async fn name(id: u64) -> Result<String, String> {
    Ok(format!("name {id}"))
}

/// On a server that a busy machine is no outage of.
fn on(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url());
    cache.op_timeout(Duration::from_secs(5)).build().unwrap()
}

async fn served<F: Future>(call: F) -> Served {
    outcome(call).await.1.served
}

#[tokio::test]
async fn what_one_process_stored_another_reads_from_redis_and_then_from_memory() {
    let server = server().await;
    let [one, other] = [(); 2].map(|()| on(&server));
    assert_eq!(one.scope(served(report(2))).await, Served::Loaded);
    assert_eq!(one.scope(served(name(2))).await, Served::Loaded);
    for tier in [Served::Redis, Served::Memory] {
        assert_eq!(other.scope(served(report(2))).await, tier);
        assert_eq!(other.scope(served(name(2))).await, tier);
    }
    let clear = async { name_entry(2).invalidate().await };
    one.scope(clear).await.unwrap();
    until(LIMIT, async || {
        other.scope(served(name(2))).await == Served::Loaded
    })
    .await;
}

#[tokio::test]
async fn a_primed_entry_is_a_hit() {
    let server = server().await;
    let cache = on(&server);
    let primed = async {
        label_entry(5).refresh(label(5)).await.unwrap();
        name_entry(5).put("given".to_owned()).await.unwrap();
        assert!(outcome(label(5)).await.1.is_hit());
        assert_eq!(name(5).await.unwrap(), "given");
    };
    cache.scope(primed).await;
}

#[tokio::test]
async fn without_redis_the_body_runs_and_its_error_type_needs_no_place_for_trouble() {
    let cache = Cache::builder().url("redis://127.0.0.1:1").build().unwrap();
    assert_eq!(cache.scope(report(2)).await, Ok(()));
}

#[tokio::test]
async fn a_hit_does_not_lengthen_a_life() {
    let test = Cache::testing();
    test.run(async {
        for _ in 0..4 {
            label(1).await.unwrap();
            test.advance(SECOND * 2 / 5);
        }
    })
    .await;
    assert_eq!(test.loads(&label), 2, "at 0 ms, and at 1,200 ms");
}

// A flag that says whether it was a hit, a body that is not `Send`, a store without a function.

#[cached(ttl = "forever")]
async fn row_of(count: usize) -> Result<String, ()> {
    Ok("a".repeat(count))
}

#[cached(ttl = "5s")]
async fn page(body: String) -> Option<String> {
    let body = Rc::new(body);
    tokio::task::yield_now().await;
    (!body.is_empty()).then(|| body.to_string())
}

/// What only a write fills: a read that finds nothing keeps nothing.
#[cached(ttl = "20s", none_ttl = 0)]
async fn letter(name: &str) -> Option<String> {
    let _ = name;
    None
}

#[tokio::test]
async fn a_call_tells_whether_it_was_a_hit() {
    let test = Cache::testing();
    test.run(async {
        assert_eq!(served(row_of(4)).await, Served::Loaded);
        let (row, hit) = outcome(row_of(4)).await;
        assert_eq!((row.as_deref(), hit.is_hit()), (Ok("aaaa"), true));
    })
    .await;
}

#[tokio::test]
async fn a_none_is_kept_unless_told_otherwise_and_the_body_need_not_be_send() {
    let test = Cache::testing();
    test.run(async {
        for _ in 0..2 {
            assert_eq!(page(String::new()).await, None);
        }
        assert_eq!(test.loads(&page), 1);
        test.advance(SECOND * 5);
        page(String::new()).await;
    })
    .await;
    assert_eq!(test.loads(&page), 2);
}

#[tokio::test]
async fn entries_are_written_read_and_cleared_by_hand() {
    let test = Cache::testing();
    test.run(async {
        for name in ["a", "b", "c", "d"] {
            letter_entry(name)
                .put(Some(name.to_uppercase()))
                .await
                .unwrap();
        }
        letter_entry("a").invalidate().await.unwrap();
        assert_eq!(letter_entry("a").get().await, None);
        assert_eq!(letter_entry("b").get().await, Some(Some("B".to_owned())));
        assert_eq!(letter("c").await, Some("C".to_owned()));
        test.advance(SECOND * 20);
        assert_eq!(letter_entry("b").get().await, None);
        assert_eq!(letter("c").await, None);
        assert!(letter_entry("c").inspect().await.is_none());
    })
    .await;
}

// Stale while it is refreshed, and refreshed before it ends.

#[derive(Clone, Debug, PartialEq)]
enum Trouble {
    Late,
    Down,
}

impl From<LoadTimeout> for Trouble {
    fn from(_: LoadTimeout) -> Self {
        Self::Late
    }
}

#[cached(ttl = "1s", stale = "1h", refresh = "background", skip(origin))]
async fn quote(origin: Arc<Origin>, id: String) -> Result<u32, Trouble> {
    let _ = id;
    origin.read().await.map_err(|_| Trouble::Down)
}

#[cached(ttl = "2s", stale = "1h", refresh = "background", skip(fails))]
async fn shaky(fails: Arc<AtomicBool>, id: String) -> usize {
    assert!(!fails.load(Ordering::SeqCst), "the origin panics");
    id.len()
}

/// So much that every hit draws a refresh.
const ALWAYS: f64 = 1e12;

#[cached(ttl = "2s", early = ALWAYS, refresh = "background", load_timeout = "50ms", skip(origin))]
async fn forecast(origin: Arc<Origin>, id: String) -> Result<u32, Trouble> {
    let _ = id;
    // What a load takes is measured in microseconds.
    tokio::time::sleep(Duration::from_millis(2)).await;
    origin.read().await.map_err(|_| Trouble::Down)
}

#[tokio::test]
async fn a_stale_value_is_served_while_one_task_refreshes_it() {
    let (test, origin) = (Cache::testing(), Origin::open());
    let call = || quote(Arc::clone(&origin), "a".to_owned());
    test.run(async {
        let cold = join!(call(), call(), call());
        assert_eq!(cold, (Ok(1), Ok(1), Ok(1)));
        assert_eq!(
            origin.loads(),
            1,
            "nothing is there to serve: they wait for one load"
        );
        test.advance(SECOND);
        origin.set(2);
        origin.shut();
        for _ in 0..5 {
            assert_eq!(call().await, Ok(1));
        }
        until(LIMIT, async || origin.loads() == 2).await;
        origin.reopen();
        until(LIMIT, async || call().await == Ok(2)).await;
    })
    .await;
    assert_eq!(origin.loads(), 2);
}

#[tokio::test]
async fn a_refresh_that_panics_leaves_the_value_and_the_next_one_replaces_it() {
    let (test, fails) = (Cache::testing(), Arc::new(AtomicBool::new(false)));
    let call = || shaky(Arc::clone(&fails), "abc".to_owned());
    test.run(async {
        call().await;
        fails.store(true, Ordering::SeqCst);
        test.advance(SECOND * 2);
        assert_eq!(call().await, 3);
        until(LIMIT, async || test.loads(&shaky) == 2).await;
        assert_eq!(call().await, 3);
        fails.store(false, Ordering::SeqCst);
        until(LIMIT, async || {
            test.advance(SECOND);
            served(call()).await == Served::Memory
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_refreshed_before_its_end_and_a_load_that_hangs_is_dropped() {
    let (test, origin) = (Cache::testing(), Origin::open());
    let call = || forecast(Arc::clone(&origin), "b".to_owned());
    test.run(async {
        assert_eq!(call().await, Ok(1));
        test.advance(SECOND);
        origin.set(2);
        origin.shut();
        assert_eq!(
            served(call()).await,
            Served::Memory,
            "fresh, and nobody waits"
        );
        until(LIMIT, async || origin.ended() == 2).await;
        assert_eq!(call().await, Ok(1), "that load was dropped");
        origin.reopen();
        test.advance(SECOND / 2);
        until(LIMIT, async || call().await == Ok(2)).await;
    })
    .await;
}

// Arguments that are part of the key, are not, or are so in part; values that are kept in part.

#[derive(Clone, Copy, CacheKey)]
struct Member(u64);

#[derive(Clone, Copy, CacheKey)]
struct Club(u64);

#[derive(CacheKey)]
struct Search {
    text: String,
    page: u32,
    #[cache_key(skip)]
    request: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Login {
    member: u64,
    rights: Vec<String>,
}

#[cached(ttl = "1m")]
async fn profile(member: Member) -> Result<String, Infallible> {
    Ok(format!("member {}", member.0))
}

#[cached(ns = "moved club member", ttl = "1m")]
async fn club_member(club: Club, member: Member) -> Result<String, Infallible> {
    Ok(format!("member {} of {}", member.0, club.0))
}

#[cached(ttl = "1m")]
async fn results(search: Search) -> Result<Vec<String>, Infallible> {
    Ok(vec![format!(
        "{} {} {}",
        search.text, search.page, search.request
    )])
}

#[cached(ttl = "1m")]
async fn settings() -> Result<String, Infallible> {
    Ok("dark".to_owned())
}

/// The secret is of the run that made it, and is in no tier; by hand, as only the load sees both.
async fn login(cache: &Cache, member: Member) -> (Login, Option<&'static str>) {
    let policy = Policy::new(Duration::from_secs(60));
    let mut secret = None;
    let load = async {
        secret = Some("made by this call");
        Ok::<_, Infallible>(Login {
            member: member.0,
            rights: words("read"),
        })
    };
    let login = cache
        .get_or_load("moved login", &member, &policy, load)
        .await;
    let Ok(login) = login;
    (login, secret)
}

#[tokio::test]
async fn arguments_and_their_parts_make_the_key() {
    let test = Cache::testing();
    test.run(async {
        let search = |request| Search {
            text: "oak".to_owned(),
            page: 1,
            request,
        };
        for _ in 0..2 {
            profile(Member(1)).await.unwrap();
            club_member(Club(1), Member(1)).await.unwrap();
            club_member(Club(2), Member(1)).await.unwrap();
            settings().await.unwrap();
        }
        let one = results(search("request 1")).await;
        assert_eq!(results(search("request 2")).await, one);
    })
    .await;
    assert_eq!((test.loads(&profile), test.loads(&club_member)), (1, 2));
    assert_eq!((test.loads(&settings), test.loads(&results)), (1, 1));
}

#[tokio::test]
async fn a_secret_of_the_load_is_there_on_a_miss_and_not_on_a_hit() {
    let test = Cache::testing();
    let (made, secret) = login(test.cache(), Member(1)).await;
    assert!(secret.is_some());
    assert_eq!(login(test.cache(), Member(1)).await, (made, None));
}

// Handlers: what a web framework takes apart and wraps, in types that stand for its own.

struct Path<T>(T);
struct Json<T>(T);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Greeting {
    name: String,
    answer: u32,
}

#[cached(ttl = "10s", stale = "5s", key = name)]
async fn greet(Path(name): Path<String>) -> Result<String, u16> {
    match name.as_str() {
        "" => Err(404),
        name => Ok(format!("Hello, {name}")),
    }
}

#[cached(ttl = "60s", stale = "30s")]
async fn root() -> String {
    "root".to_owned()
}

/// What the handler shows, as `Json` is no value that can be kept.
#[cached(ttl = "5s")]
async fn greeting() -> Greeting {
    Greeting {
        name: "root".to_owned(),
        answer: 42,
    }
}

async fn greeting_handler() -> Json<Greeting> {
    Json(greeting().await)
}

#[derive(Clone, CacheKey)]
struct Listing {
    page: u32,
    category: Option<String>,
}

/// Who asks is part of the key, which keeps a digest of it.
#[cached(ttl = "60s")]
async fn tools(listing: Listing, token: &str) -> Vec<String> {
    let _ = token;
    vec![format!("{:?} {}", listing.category, listing.page)]
}

#[cached(ttl = "300s", fresh = no_cache, key = (id, token))]
async fn tool(Path(id): Path<u32>, token: &str, no_cache: bool) -> Result<String, u16> {
    let _ = token;
    if id < 7 {
        Ok(format!("tool {id}"))
    } else {
        Err(404)
    }
}

#[tokio::test]
async fn a_handler_is_cached_by_what_its_pattern_takes_apart() {
    let test = Cache::testing();
    let ask = |name: &str| greet(Path(name.to_owned()));
    test.run(async {
        for name in ["ada", "bob", "ada"] {
            assert_eq!(ask(name).await.unwrap(), format!("Hello, {name}"));
        }
        assert_eq!((test.loads(&greet), root().await), (2, "root".to_owned()));
        assert_eq!((ask("").await, ask("").await), (Err(404), Err(404)));
        assert_eq!(test.loads(&greet), 4, "no error is kept");
        for _ in 0..2 {
            assert_eq!(greeting_handler().await.0.answer, 42);
        }
        assert_eq!(test.loads(&greeting), 1);
        test.advance(SECOND * 61);
        root().await;
        assert_eq!(test.loads(&root), 2, "stale: this caller refreshes it");
    })
    .await;
}

#[tokio::test]
async fn pages_and_tokens_have_entries_of_their_own() {
    let test = Cache::testing();
    test.run(async {
        let page = |page| Listing {
            page,
            category: None,
        };
        for (number, token) in [(1, "a"), (2, "a"), (1, "b"), (1, "a")] {
            tools(page(number), token).await;
        }
        assert_eq!(test.loads(&tools), 3);
        bypass(tools(page(9), "a")).await;
        assert_eq!(
            served(tools(page(9), "a")).await,
            Served::Loaded,
            "that run kept nothing"
        );
        for (id, no_cache) in [(1, false), (1, false), (1, true), (9, false), (9, false)] {
            let found = tool(Path(id), "a", no_cache).await;
            assert_eq!(found.is_ok(), id < 7);
        }
        assert_eq!(test.loads(&tool), 4);
    })
    .await;
}

// What a message, a method of a service or a client asks for.

#[derive(Clone, CacheKey)]
struct Ping {
    id: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pong(i32);

struct Upstream;

#[cached(ttl = "5s", stale = "5s", skip(upstream))]
async fn pong(upstream: &Upstream, ping: Ping) -> Result<Pong, Infallible> {
    let _ = upstream;
    tokio::task::yield_now().await;
    Ok(Pong(ping.id))
}

fn fibonacci(n: u8) -> u64 {
    if n < 2 {
        1
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}

/// What blocks does so on a thread of its own.
#[cached(ttl = "5s")]
async fn number(n: u8) -> Result<u64, Arc<tokio::task::JoinError>> {
    let run = tokio::task::spawn_blocking(move || fibonacci(n));
    run.await.map_err(Arc::new)
}

struct Request {
    tenant: &'static str,
    name: String,
}

struct Response<T>(T);

/// As a generated trait asks for it.
trait Service {
    fn hello(&self, request: Request) -> impl Future<Output = Result<Response<String>, u16>>;
    fn time(&self, request: Request) -> impl Future<Output = Result<Response<String>, u16>>;
}

struct Desk;

impl Desk {
    #[cached(ttl = "30s", skip(self))]
    async fn words(&self, tenant: &str, name: &str) -> Result<String, u16> {
        Ok(format!("Hello, {name} of {tenant}"))
    }

    #[cached(ttl = "30s", skip(self))]
    async fn hour(&self, tenant: &str) -> Result<String, u16> {
        Ok(format!("noon at {tenant}"))
    }
}

impl Service for Desk {
    async fn hello(&self, request: Request) -> Result<Response<String>, u16> {
        self.words(request.tenant, &request.name)
            .await
            .map(Response)
    }

    async fn time(&self, request: Request) -> Result<Response<String>, u16> {
        self.hour(request.tenant).await.map(Response)
    }
}

struct Client;

#[cached(ttl = "60s", skip(client))]
async fn fetched(client: &Client, url: &str) -> Result<(u16, String), Infallible> {
    let _ = client;
    Ok((200, format!("what is at {url}")))
}

#[tokio::test]
async fn what_is_sent_to_an_actor_is_a_call_with_that_as_its_argument() {
    let test = Cache::testing();
    test.run(async {
        for id in [42, 28, 42] {
            assert_eq!(pong(&Upstream, Ping { id }).await, Ok(Pong(id)));
            assert_eq!(number(9).await.unwrap(), 55);
        }
        assert_eq!(fetched(&Client, "/a").await, fetched(&Client, "/a").await);
    })
    .await;
    let loads = (test.loads(&pong), test.loads(&number), test.loads(&fetched));
    assert_eq!(loads, (2, 1, 1));
    assert_eq!(
        test.cache().stats().namespaces.len(),
        3,
        "each has its figures"
    );
}

#[tokio::test]
async fn a_service_caches_what_it_answers_for_each_tenant() {
    let test = Cache::testing();
    test.run(async {
        for tenant in ["acme", "beta", "acme"] {
            let request = || Request {
                tenant,
                name: "Ada".to_owned(),
            };
            let Response(hello) = Desk.hello(request()).await.unwrap();
            assert_eq!(hello, format!("Hello, Ada of {tenant}"));
            Desk.time(request()).await.unwrap();
        }
    })
    .await;
    assert_eq!((test.loads(&Desk::words), test.loads(&Desk::hour)), (2, 2));
}
