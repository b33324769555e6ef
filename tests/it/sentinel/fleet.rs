//! A master, its replicas and sentinels that watch them: real processes, gone when dropped.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cache_tests::{Server, server_binary};
use rustix::process::{Pid, Signal, kill_process};

use crate::until;

pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// What the sentinels call the master.
const NAME: &str = "main";

pub(super) struct Fleet {
    pub(super) servers: Vec<Server>,
    pub(super) sentinels: Vec<Sentinel>,
}

pub(super) struct Sentinel {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Fleet {
    /// Ready to fail over, if it has a replica.
    pub(super) async fn start(replicas: usize, sentinels: usize) -> Self {
        let mut servers = vec![Server::start().await.unwrap()];
        let master = servers[0].port();
        for _ in 0..replicas {
            let of = format!("127.0.0.1 {master}");
            let replica = Server::builder().argument("--replicaof").argument(&of);
            servers.push(replica.start().await.unwrap());
        }
        let watch = |_| Sentinel::start(master, sentinels / 2 + 1);
        let sentinels: Vec<_> = (0..sentinels).map(watch).collect();
        let fleet = Self { servers, sentinels };
        for sentinel in &fleet.sentinels {
            let wanted = [
                ("num-slaves", replicas),
                ("num-other-sentinels", fleet.sentinels.len() - 1),
            ];
            until(LIMIT, async || {
                let known = sentinel.master().await;
                wanted.iter().all(|(field, count)| {
                    let pair = known.chunks(2).find(|pair| pair[0] == *field);
                    pair.is_some_and(|pair| pair[1] == count.to_string())
                })
            })
            .await;
        }
        for replica in &fleet.servers[1..] {
            until(LIMIT, async || {
                let info = replica.command(&[b"INFO", b"replication"]).await;
                let text: String = redis::from_redis_value(info.unwrap()).unwrap();
                text.contains("master_link_status:up")
            })
            .await;
        }
        fleet
    }

    /// Where the cache finds it, with a user and a password for the servers, if any.
    pub(super) fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(Sentinel::host).collect();
        format!("redis+sentinel://{}/{NAME}", hosts.join(","))
    }

    pub(super) async fn fail_over(&self) {
        let words = ["SENTINEL", "FAILOVER", NAME];
        let _: String = self.sentinels[0].query(&words).await.unwrap();
    }

    /// Waits until every sentinel says that another server than the first is the master.
    pub(super) async fn until_failed_over(&self) {
        let before = self.servers[0].port().to_string();
        for sentinel in &self.sentinels {
            until(LIMIT, async || {
                let known = sentinel.master().await;
                let port = known.chunks(2).find(|pair| pair[0] == "port");
                port.is_some_and(|pair| pair[1] != before)
            })
            .await;
        }
    }
}

impl Sentinel {
    fn start(master: u16, quorum: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = port.local_addr().unwrap().port();
        let file = folder.path().join("sentinel.conf");
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\n\
             sentinel monitor {NAME} 127.0.0.1 {master} {quorum}\n\
             sentinel down-after-milliseconds {NAME} 1000\n\
             sentinel failover-timeout {NAME} 5000\n",
            folder.path().display()
        );
        std::fs::write(&file, settings).unwrap();
        Self {
            child: spawn(&file),
            port,
            _folder: folder,
        }
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A command of the test's own.
    pub(super) async fn query<T: redis::FromRedisValue>(
        &self,
        words: &[&str],
    ) -> redis::RedisResult<T> {
        let client = redis::Client::open(format!("redis://{}", self.host()))?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut command = redis::Cmd::new();
        command.arg(words).query_async(&mut connection).await
    }

    /// What it knows of the master, names and values in turn; empty while it does not answer.
    async fn master(&self) -> Vec<String> {
        let known = self.query(&["SENTINEL", "MASTER", NAME]).await;
        known.unwrap_or_default()
    }

    /// Has it watch another server under the same name.
    pub(super) async fn watch(&self, port: u16) {
        let _: String = self.query(&["SENTINEL", "REMOVE", NAME]).await.unwrap();
        let port = port.to_string();
        let words = ["SENTINEL", "MONITOR", NAME, "127.0.0.1", &port, "1"];
        let _: String = self.query(&words).await.unwrap();
    }

    pub(super) fn pause(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }
}

fn spawn(file: &PathBuf) -> Child {
    Command::new(server_binary().unwrap())
        .arg(file)
        .arg("--sentinel")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // A paused process dies of SIGKILL too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
