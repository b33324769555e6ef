//! Examples of `hitbox`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use cache_runtime::{Cache, CacheKey, Policy, Served, bypass, cached};
use serde::{Deserialize, Serialize};

use super::{SECOND, served, words};

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
