//! One server, and a network of its own for every other process.

use std::io;

use crate::{Proxy, Server};

#[derive(Debug)]
pub(in crate::history) struct Single {
    pub(super) server: Server,
    pub(super) proxies: Vec<Proxy>,
}

impl Single {
    pub(super) async fn start(processes: usize) -> io::Result<Self> {
        let server = Server::start().await?;
        let mut proxies = Vec::new();
        for _ in 0..processes.div_ceil(2) {
            proxies.push(Proxy::start(&server).await?);
        }
        Ok(Self { server, proxies })
    }

    /// Half of them are alone with Redis, as a proxy is a place to lose time.
    pub(super) fn url(&self, process: usize) -> String {
        let proxy = self.proxies.get(process / 2);
        match proxy.filter(|_| process.is_multiple_of(2)) {
            Some(proxy) => proxy.url(),
            None => self.server.url(),
        }
    }
}
