//! A real Chromium, as much of it as the tests need, over the WebDriver protocol.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Nothing but this machine can be reached, and nothing of a former run is there.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--window-size=1200,1000",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A tab; the browser ends when this is dropped.
pub(super) struct Browser {
    driver: Child,
    address: String,
    session: String,
    _profile: TempDir,
}

impl Browser {
    pub(super) async fn start() -> Self {
        let program = std::env::var_os("CHROMEDRIVER").map(PathBuf::from);
        let mut driver = Command::new(program.unwrap_or_else(|| "chromedriver".into()))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver, which `cargo xtask test` brings");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let address = format!("127.0.0.1:{}", port.expect("the port of chromedriver"));
        // What it writes later is of no use, and would fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<_> = ARGUMENTS.iter().map(|&word| word.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut browser = Self {
            driver,
            address,
            session: String::new(),
            _profile: profile,
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let made = browser.ask("POST", "/session", &wanted).await;
        let session = made["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"));
        browser.session = format!("/session/{session}");
        browser
    }

    /// Opens an address, and waits for the page and what it loads.
    pub(super) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// What a script returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        let script = json!({ "script": script, "args": [] });
        self.post("/execute/sync", script).await
    }

    /// The text of an element.
    pub(super) async fn text(&self, selector: &str) -> String {
        let selector = json!(selector);
        let script = format!("return document.querySelector({selector})?.textContent ?? ''");
        self.run(&script).await.as_str().unwrap().to_owned()
    }

    /// Clicks on an element, as a person would.
    pub(super) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("{element}/click"), json!({})).await;
    }

    /// Writes into an element.
    pub(super) async fn write(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("{element}/value"), json!({ "text": text }))
            .await;
    }

    async fn find(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let found = self.post("/element", by).await;
        let id = found.as_object().and_then(|found| found.values().next());
        let id = id.and_then(Value::as_str);
        format!(
            "/element/{}",
            id.unwrap_or_else(|| panic!("{selector}: {found}"))
        )
    }

    /// Presses the tabulator once.
    pub(super) async fn tab(&self) {
        let key = |kind| json!({ "type": kind, "value": "\u{e004}" });
        let keys = json!({ "actions": [{
            "type": "key", "id": "keys", "actions": [key("keyDown"), key("keyUp")],
        }] });
        self.post("/actions", keys).await;
    }

    /// A command of the browser's own protocol.
    pub(super) async fn command(&self, command: &str, parameters: Value) -> Value {
        let command = json!({ "cmd": command, "params": parameters });
        self.post("/goog/cdp/execute", command).await
    }

    /// Has the page take so many pixels across.
    pub(super) async fn width(&self, width: u32) {
        let of = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", of).await;
    }

    /// Has pages be light or dark.
    pub(super) async fn scheme(&self, scheme: &str) {
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Errors of the console since they were last asked for.
    pub(super) async fn errors(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" })).await;
        let lines = log.as_array().unwrap().iter();
        let errors = lines.filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        errors.map(|line| line["message"].to_string()).collect()
    }

    /// Keeps a picture of the page in the folder that `CONSOLE_PICTURES` names, if it names one.
    pub(super) async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("CONSOLE_PICTURES").map(PathBuf::from) else {
            return;
        };
        let picture = self
            .command("Page.captureScreenshot", json!({ "format": "png" }))
            .await;
        let bytes = base64(picture["data"].as_str().unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", &format!("{}{path}", self.session), &body)
            .await
    }

    /// The value of an answer; an error of the browser is one of the test.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let asked = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             \r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(asked.as_bytes()).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        let is_good = head.starts_with("http/1.1 200");
        assert!(is_good, "{method} {path}: {}", body["value"]["message"]);
        body["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when the session ends, which a killed driver can't do any more.
        let _ = std::net::TcpStream::connect(&self.address).and_then(|mut stream| {
            use std::io::{Read as _, Write as _};
            let (session, address) = (&self.session, &self.address);
            write!(
                stream,
                "DELETE {session} HTTP/1.1\r\nHost: {address}\r\n\r\n"
            )?;
            stream.read(&mut [0; 1_024])
        });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// An answer: its head and its body. The driver keeps the connection open, so it ends where its length says.
async fn answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut read = Vec::new();
    let mut some = vec![0; 65_536];
    loop {
        let count = stream.read(&mut some).await.unwrap();
        assert!(count > 0, "the driver is gone");
        read.extend_from_slice(&some[..count]);
        let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
        let length = head.split("content-length:").nth(1).unwrap();
        let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
        if read.len() >= end + 4 + length {
            return (head, read[end + 4..].to_vec());
        }
    }
}

/// The bytes of a picture.
fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0, |bits, c| bits << 6 | digit(*c)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
