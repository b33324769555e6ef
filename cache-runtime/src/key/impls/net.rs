//! Addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::key::{CacheKey, KeyWriter, kind};

impl CacheKey for Ipv4Addr {
    fn write(&self, writer: &mut KeyWriter) {
        writer.put(kind::IPV4, self.octets());
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for Ipv6Addr {
    fn write(&self, writer: &mut KeyWriter) {
        writer.put(kind::IPV6, self.octets());
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for IpAddr {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Self::V4(address) => address.write(writer),
            Self::V6(address) => address.write(writer),
        }
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for SocketAddrV4 {
    fn write(&self, writer: &mut KeyWriter) {
        let mut bytes = [0; 6];
        bytes[..4].copy_from_slice(&self.ip().octets());
        bytes[4..].copy_from_slice(&self.port().to_le_bytes());
        writer.put(kind::SOCKET_V4, bytes);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for SocketAddrV6 {
    fn write(&self, writer: &mut KeyWriter) {
        let mut bytes = [0; 26];
        bytes[..16].copy_from_slice(&self.ip().octets());
        bytes[16..18].copy_from_slice(&self.port().to_le_bytes());
        bytes[18..22].copy_from_slice(&self.flowinfo().to_le_bytes());
        bytes[22..].copy_from_slice(&self.scope_id().to_le_bytes());
        writer.put(kind::SOCKET_V6, bytes);
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}

impl CacheKey for SocketAddr {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Self::V4(address) => address.write(writer),
            Self::V6(address) => address.write(writer),
        }
    }

    #[inline]
    fn __shows_text(&self) -> bool {
        true
    }
}
