//! Ports that nobody has.

use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// What a cluster node's bus is above its port, unless it is told otherwise.
pub(crate) const BUS: u16 = 10_000;

/// Below those that outgoing connections get, which would else take the port of a server that is
/// down for a moment; and so that the bus is there too.
const PORTS: Range<u16> = 10_240..22_000;

/// Each process begins at a place of its own, and then takes one after the other.
static NEXT: LazyLock<AtomicU16> =
    LazyLock::new(|| AtomicU16::new(rand::random_range(0..PORTS.end - PORTS.start)));

/// A port that is free, as is the one of a cluster's bus that goes with it.
pub(crate) fn free() -> io::Result<u16> {
    let width = PORTS.end - PORTS.start;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (0..width)
        .map(|_| PORTS.start + NEXT.fetch_add(1, Ordering::Relaxed) % width)
        .find(|port| is_free(*port) && is_free(port + BUS))
        .ok_or_else(|| io::Error::other("no port is free"))
}
