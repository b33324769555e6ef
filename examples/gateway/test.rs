//! The example `gateway`, as processes that are asked over HTTP: one in memory, and two on one Redis.

mod browser;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use cache_tests::Server;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

fn gateway(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command
        .env_remove("CACHE_URL")
        .env("PORT", "0")
        .envs(variables.iter().copied());
    command
}

/// A process of the service; killed when dropped.
struct Gateway {
    child: Child,
    address: SocketAddr,
    /// It goes on to write there.
    _output: BufReader<ChildStdout>,
}

impl Gateway {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = gateway(variables).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("open http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}"));
        Self {
            address: address.parse().unwrap(),
            child,
            _output: output,
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who asks, with the cookie that was set.
#[derive(Clone, Default)]
struct Browser {
    cookie: String,
}

/// An answer as it comes.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn field(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let line = lines.find(|(field, _)| *field == name);
        line.map_or("", |(_, value)| value)
    }

    /// What was answered, and whether it was kept.
    fn shown(&self) -> (u16, &str, &str) {
        (self.status, self.field("x-cache"), &self.body)
    }
}

impl Browser {
    async fn ask(&mut self, at: &Gateway, request: &str, fields: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(at.address).await.unwrap();
        let cookie = match &*self.cookie {
            "" => String::new(),
            cookie => format!("cookie: {cookie}\r\n"),
        };
        let length = body.len();
        let request = format!(
            "{request} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-length: {length}\r\n{cookie}{fields}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let answer = Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        if let Some((cookie, _)) = answer.field("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        answer
    }

    async fn get(&mut self, at: &Gateway, path: &str) -> Answer {
        self.ask(at, &format!("GET {path}"), "", "").await
    }

    async fn post(&mut self, at: &Gateway, path: &str) -> Answer {
        self.ask(at, &format!("POST {path}"), "", "").await
    }

    async fn log_in(&mut self, at: &Gateway, name: &str, password: &str) -> Answer {
        let form = "content-type: application/x-www-form-urlencoded\r\n";
        let body = format!("name={name}&password={password}");
        self.ask(at, "POST /login", form, &body).await
    }
}

/// A page's stream of events, from the moment that it is open.
struct Events(tokio::io::Lines<tokio::io::BufReader<TcpStream>>);

impl Events {
    async fn of(at: &Gateway) -> Self {
        let mut stream = TcpStream::connect(at.address).await.unwrap();
        let request = b"GET /live HTTP/1.1\r\nhost: gateway\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut lines = tokio::io::BufReader::new(stream).lines();
        while lines.next_line().await.unwrap().unwrap() != "" {}
        Self(lines)
    }

    async fn next(&mut self) -> String {
        let next = async {
            loop {
                let line = self.0.next_line().await.unwrap().unwrap();
                if let Some(event) = line.strip_prefix("data: ") {
                    return event.to_owned();
                }
            }
        };
        timeout(PATIENCE, next).await.expect("an event")
    }
}

/// The service, which may be asked at two addresses.
async fn use_it(one: &Gateway, other: &Gateway) {
    let (mut ada, mut nobody) = (Browser::default(), Browser::default());
    assert_eq!(ada.log_in(one, "ada", "guess").await.status, 403);
    assert_eq!(nobody.post(one, "/prices/1/raise").await.status, 401);
    let welcome = ada.log_in(one, "ada", "open+sesame").await;
    assert_eq!((welcome.status, welcome.field("location")), (303, "/"));
    let cookie = welcome.field("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    // She is logged in wherever she asks.
    let page = ada.get(other, "/").await;
    assert!(page.body.contains("Hello, <b>ada</b>"), "{}", page.body);

    // A response is kept, with the tags and the time of the price that it is made of, for whoever asks.
    let price = nobody.get(one, "/prices/1").await;
    assert_eq!(
        price.shown(),
        (200, "MISS", r#"{"id":1,"cents":100,"loads":1}"#)
    );
    assert_eq!(price.field("cache-tag"), "price:1");
    assert!(
        price
            .field("cache-control")
            .starts_with("max-age=0, s-maxage=5"),
        "{}",
        price.head
    );
    assert_eq!(ada.get(one, "/prices/1").await.field("x-cache"), "HIT");
    let etag = format!("if-none-match: {}\r\n", price.field("etag"));
    let same = nobody.ask(one, "GET /prices/1", &etag, "").await;
    assert_eq!(same.shown(), (304, "HIT", ""));
    // The other process has it from Redis.
    let price = nobody.get(other, "/prices/1").await;
    assert_eq!(
        price.shown(),
        (200, "HIT", r#"{"id":1,"cents":100,"loads":1}"#)
    );

    // A raise shows at once where it was made, and the pages of the other are told.
    let (mut here, mut there) = (Events::of(one).await, Events::of(other).await);
    assert_eq!(ada.post(one, "/prices/1/raise").await.status, 200);
    let price = nobody.ask(one, "GET /prices/1", &etag, "").await;
    assert_eq!(
        (price.status, price.body.contains(r#""cents":101"#)),
        (200, true)
    );
    for events in [&mut here, &mut there] {
        assert_eq!(events.next().await, "ada raised price 1");
    }
    let seen = async || Browser::default().get(other, "/prices/1").await;
    let is_new = async {
        while !seen().await.body.contains(r#""cents":101"#) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, is_new).await.expect("the new price");
    assert_eq!(
        ada.post(other, "/prices/1/purge").await.body,
        "price 1 is purged"
    );
    assert_eq!(there.next().await, "ada purged price 1");
    assert_eq!(
        nobody.get(other, "/prices/1").await.field("x-cache"),
        "MISS"
    );
    assert_eq!(nobody.get(one, "/prices/10").await.status, 404);

    // Whoever ends all sessions is logged out everywhere, with the old cookie, too.
    let mut stolen = ada.clone();
    assert_eq!(ada.post(other, "/sessions/end-all").await.status, 303);
    for at in [one, other] {
        assert!(stolen.get(at, "/").await.body.contains("open sesame"));
        assert_eq!(stolen.post(at, "/prices/1/raise").await.status, 401);
    }

    // The hundredth request of a minute passes, and the one after it is told when to come again.
    let mut bob = Browser::default();
    bob.log_in(one, "bob", "open+sesame").await;
    let mut refused = None;
    for asked in 0..120 {
        let at = if asked % 2 == 0 { one } else { other };
        let answer = bob.get(at, "/prices/2").await;
        if answer.status == 429 {
            refused = Some((asked, answer));
            break;
        }
        assert!(answer.field("ratelimit").contains("r="), "{}", answer.head);
    }
    let (passed, answer) = refused.expect("a limit");
    // One more for each 600 ms that it took.
    assert!((100..=110).contains(&passed), "{passed} passed");
    assert_eq!(answer.field("retry-after"), "1");
    assert!(
        answer.field("ratelimit-policy").contains("q=100;w=60"),
        "{}",
        answer.head
    );
}

/// A file for the prices of one test.
fn database() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.db");
    (folder, file)
}

#[tokio::test]
async fn in_memory() {
    let (_folder, file) = database();
    let only = Gateway::start(&[("DATABASE", file.to_str().unwrap())]);
    use_it(&only, &only).await;
}

#[tokio::test]
async fn two_processes_on_one_redis() {
    let server = Server::start().await.unwrap();
    let (_folder, file) = database();
    let (file, url) = (file.to_str().unwrap(), server.url());
    let variables = [("DATABASE", file), ("CACHE_URL", &*url)];
    let [one, other] = [(); 2].map(|()| Gateway::start(&variables));
    use_it(&one, &other).await;
}

#[tokio::test]
async fn without_redis_prices_are_shown_and_nobody_is_let_in() {
    let mut server = Server::start().await.unwrap();
    let (_folder, file) = database();
    let (file, url) = (file.to_str().unwrap(), server.url());
    let only = Gateway::start(&[("DATABASE", file), ("CACHE_URL", &*url)]);
    let mut ada = Browser::default();
    ada.log_in(&only, "ada", "open+sesame").await;
    server.kill9().unwrap();
    let asks = async {
        while ada.get(&only, "/").await.status != 503 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, asks)
        .await
        .expect("no session is served from memory");
    let price = Browser::default().get(&only, "/prices/3").await;
    assert_eq!(price.status, 200, "{}", price.body);
}

#[test]
fn what_is_set_wrongly_is_told_in_a_line() {
    let other = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = other.local_addr().unwrap().port().to_string();
    for (variable, says) in [
        (
            ("PORT", "80000"),
            "PORT is \"80000\": give a number up to 65535",
        ),
        (("PORT", &*taken), "give another one by PORT"),
        (("CACHE_URL", "redis//x"), "CACHE_URL"),
        (
            ("DATABASE", "/nowhere/prices.db"),
            "may be written by DATABASE",
        ),
    ] {
        let (_folder, file) = database();
        let mut wrong = gateway(&[("DATABASE", file.to_str().unwrap()), variable]);
        let mut child = wrong.stderr(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(told.contains(says) && told.lines().count() == 1, "{told}");
    }
}
