//! `serve` shows the page of the fleet, to whom it may.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::fleet::One;
use crate::{LIMIT, program, run, server};

/// The program, serving; killed when dropped.
struct Serving {
    child: Child,
    /// What it said first.
    told: Value,
}

impl Serving {
    fn begin(url: &str, more: &[&str]) -> Self {
        let arguments = ["serve", "--json", "--listen", "127.0.0.1:0"];
        let mut child = program(url, &[&arguments, more].concat())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        Self { child, told }
    }

    fn address(&self) -> &str {
        let page = self.told["page"].as_str().unwrap();
        page.trim_start_matches("http://").trim_end_matches('/')
    }

    /// An answer, whole.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        let host = match headers.contains("Host: ") {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address()),
        };
        let length = body.len();
        let head = format!(
            "{method} /{path} HTTP/1.0\r\n{host}Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        all
    }

    fn get(&self, path: &str) -> String {
        self.ask("GET", path, "", "")
    }

    fn json(&self, path: &str) -> Value {
        let all = self.get(path);
        let (head, body) = all.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{head}");
        serde_json::from_str(body).unwrap()
    }

    /// Interrupts it: its exit code.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < LIMIT, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_of_the_fleet_and_this_program_is_none_of_it() {
    let server = server().await;
    let _fleet = [One::start(&server.url()), One::start(&server.url())];
    let mut serving = Serving::begin(&server.url(), &[]);
    assert_eq!(serving.told["login"], Value::Null);
    until("the fleet", || {
        let processes = serving.json("api/processes");
        let rows = processes["processes"].as_array().unwrap();
        assert!(rows.len() <= 2, "{processes}");
        rows.len() == 2 && processes["calls"] == 22
    });
    let functions = serving.json("api/functions");
    let mut rows = functions["functions"].as_array().unwrap().iter();
    let row = rows.find(|row| row["calls"] == 20);
    assert_eq!(row.unwrap()["namespace"], "fleet", "{functions}");
    assert_eq!(functions["scope"]["of"], "fleet");
    for view in [
        "overview",
        "nodes",
        "tags",
        "namespaces",
        "memory",
        "key",
        "events",
        "health",
    ] {
        assert!(serving.get(view).contains(" 200 OK"), "{view}");
    }
    let refused = serving.get("act?how=invalidate&kind=tag&name=a");
    assert!(
        refused.contains(" 403 ") && refused.contains("Actions are off"),
        "{refused}"
    );
    // A page elsewhere whose name was made to lead here is not let in.
    let rebound = serving.ask("GET", "overview", "Host: evil.example:8090\r\n", "");
    assert!(rebound.contains(" 403 "), "{rebound}");
    // A stream that is open does not hold up the end.
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    let asked = format!(
        "GET /live/overview HTTP/1.1\r\nHost: {}\r\n\r\n",
        serving.address()
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut first = [0; 64];
    assert!(stream.read(&mut first).unwrap() > 0);
    assert_eq!(serving.end(Signal::INT), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_take_the_token_of_this_run_and_stand_in_the_log() {
    let server = server().await;
    let _fleet = One::start(&server.url());
    let mut serving = Serving::begin(&server.url(), &["--allow-actions"]);
    let login = serving.told["login"].as_str().unwrap();
    let token = login.split_once("token=").unwrap().1.to_owned();
    let ask = "act?how=invalidate&kind=tag&name=org:1";
    let nobody = serving.get(ask);
    assert!(
        nobody.contains(" 403 ") && nobody.contains("You may not"),
        "{nobody}"
    );
    let wrong = serving.get(&format!("login?token={}", token.replace(['a', '1'], "0")));
    assert!(wrong.contains(" 403 "), "{wrong}");
    let known = serving.get(&format!("login?token={token}"));
    assert!(
        known.contains(" 303 ") && known.contains("location: overview"),
        "{known}"
    );
    assert!(known.contains("HttpOnly; SameSite=Strict"), "{known}");
    let own = format!("cachectl_serve={token}");
    // The tags of the fleet's functions are not known here: any may have this one.
    until("an estimate", || {
        let asked = serving.ask("GET", ask, &format!("Cookie: {own}\r\n"), "");
        assert!(!asked.contains("No function that is known here") || asked.contains("No data"));
        asked.contains("if it has this tag, which is not known here")
    });
    let asked = serving.ask("GET", ask, &format!("Cookie: {own}\r\n"), "");
    let session = asked
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let session = session.unwrap().split(';').next().unwrap();
    let (_, form) = asked.split_once("name=\"token\" value=\"").unwrap();
    let form = form.split('"').next().unwrap();
    let headers = |origin: &str| {
        format!(
            "Cookie: {own}; {session}\r\nOrigin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
    };
    let body = format!("how=invalidate&kind=tag&name=org:1&token={form}");
    let foreign = serving.ask("POST", "act", &headers("http://evil.example"), &body);
    assert!(foreign.contains(" 403 "), "{foreign}");
    let origin = format!("http://{}", serving.address());
    let done = serving.ask("POST", "act", &headers(&origin), &body);
    assert!(done.contains("<h1>Done</h1>"), "{done}");
    let log = run(&server.url(), &["log", "--json"]).json();
    let action = &log["actions"][0];
    assert_eq!(action["target"], "tag org:1", "{log}");
    let who = action["who"].as_str().unwrap();
    assert!(who.starts_with("ada@") && who.ends_with(" (page)"), "{who}");
    assert_eq!(serving.end(Signal::TERM), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_machines_are_let_in_by_the_token_alone_and_only_when_that_is_said() {
    let server = server().await;
    let refused = run(&server.url(), &["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(refused.err.contains("--allow-remote"), "{refused:?}");
    let serving = Serving::begin(&server.url(), &["--allow-remote"]);
    for path in ["overview", "api/overview", "console.css", "live/events"] {
        assert!(serving.get(path).contains(" 403 "), "{path}");
    }
    let login = serving.told["login"].as_str().unwrap();
    let token = login.split_once("token=").unwrap().1;
    let cookie = format!("Cookie: cachectl_serve={token}\r\n");
    assert!(
        serving
            .ask("GET", "overview", &cookie, "")
            .contains(" 200 ")
    );
    // To look on is not to act.
    let act = serving.ask("GET", "act?how=invalidate&kind=tag&name=a", &cookie, "");
    assert!(act.contains("Actions are off"), "{act}");
    let taken = run(&server.url(), &["serve", "--listen", serving.address()]);
    assert_eq!(taken.exit, 2, "{taken:?}");
    assert!(taken.err.contains("name another port"), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_are_shown_to_who_has_the_token_and_to_nobody_else_of_the_machine() {
    let server = server().await;
    let serving = Serving::begin(&server.url(), &["--show-values"]);
    for path in ["overview", "key?name=a", "api/key?name=a", "console.css"] {
        assert!(serving.get(path).contains(" 403 "), "{path}");
    }
    let login = serving.told["login"].as_str().unwrap();
    let token = login.split_once("token=").unwrap().1;
    let known = serving.get(&format!("login?token={token}"));
    assert!(known.contains(" 303 "), "{known}");
    let cookie = format!("Cookie: cachectl_serve={token}\r\n");
    let shown = serving.ask("GET", "overview", &cookie, "");
    assert!(shown.contains(" 200 "), "{shown}");
    let rebound = format!("{cookie}Host: evil.example\r\n");
    let rebound = serving.ask("GET", "overview", &rebound, "");
    assert!(rebound.contains(" 403 "), "{rebound}");
}

#[test]
fn it_waits_for_a_redis_that_is_away_and_says_so() {
    let serving = Serving::begin("redis://127.0.0.1:1", &["--timeout", "100ms"]);
    let away = serving.told["away"].as_str().unwrap();
    assert!(away.contains("127.0.0.1:1"), "{away}");
    assert!(serving.get("overview").contains("Redis away"));
}
