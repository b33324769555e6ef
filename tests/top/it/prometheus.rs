//! A real Prometheus: what it reads of a scrape, and its alerts.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::http;

/// How long it may take to see something: it scrapes every fifth of a second.
const LIMIT: Duration = Duration::from_secs(60);

/// A server of Prometheus, stopped when it is dropped.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Prometheus {
    /// One that scrapes this address, under these rules.
    pub(crate) async fn start(target: &str, rules: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let rules = fs::canonicalize(rules).unwrap();
        let configuration = format!(
            "global: {{ scrape_interval: 200ms, evaluation_interval: 200ms, scrape_timeout: 200ms }}\n\
             rule_files: [{rules:?}]\n\
             scrape_configs:\n  - job_name: program\n    static_configs: [{{ targets: [{target:?}] }}]\n"
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, configuration).unwrap();
        let child = Command::new(program("prometheus"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus, which `cargo xtask test` brings");
        let server = Self {
            child,
            address,
            _folder: folder,
        };
        let ready = async || http::get(&server.address, "/-/ready", "").await.ok();
        server
            .until("it to be ready", async || {
                let ready = ready().await;
                ready.filter(|ready| ready.head.contains(" 200 "))
            })
            .await;
        server
    }

    /// The values of an expression, each with its labels.
    pub(crate) async fn query(&self, expression: &str) -> Vec<(Value, f64)> {
        let path = format!("/api/v1/query?query={}", escaped(expression));
        let answer = http::get(&self.address, &path, "").await.unwrap();
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let rows = answer["data"]["result"].as_array().cloned();
        let rows = rows.unwrap_or_else(|| panic!("{expression}: {answer}"));
        let row = |row: Value| {
            let value = row["value"][1].as_str().unwrap().parse().unwrap();
            (row["metric"].clone(), value)
        };
        rows.into_iter().map(row).collect()
    }

    /// The states of an alert, for each set of labels that it is pending or firing with.
    pub(crate) async fn alerts(&self, name: &str) -> Vec<String> {
        let answer = http::get(&self.address, "/api/v1/alerts", "")
            .await
            .unwrap();
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let alerts = answer["data"]["alerts"].as_array().unwrap();
        let of = alerts
            .iter()
            .filter(|alert| alert["labels"]["alertname"] == name);
        of.map(|alert| alert["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Asks until there is an answer.
    pub(crate) async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the distribution has it, or where it was brought to.
pub(crate) fn program(name: &str) -> PathBuf {
    let brought = std::env::var_os("PROMETHEUS").map(PathBuf::from);
    brought.map_or_else(|| name.into(), |prometheus| prometheus.with_file_name(name))
}

fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
