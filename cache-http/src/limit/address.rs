//! Whose address a request has, behind proxies that are known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::HeaderMap;

/// Proxies whose `X-Forwarded-For` is believed, and nobody else's: anyone can send that header.
///
/// ```
/// use std::net::IpAddr;
///
/// use cache_http::limit::TrustedProxies;
/// use http::HeaderMap;
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8"])?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", "1.1.1.1, 203.0.113.7".parse()?);
/// let client = proxies.client(IpAddr::from([10, 0, 0, 1]), &headers);
/// assert_eq!(client, IpAddr::from([203, 0, 113, 7]), "whatever the client itself has sent before");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<Network>);

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug)]
struct Network {
    first: u128,
    mask: u128,
}

/// What was given is no address and no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address and no network: write `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`")]
pub struct AddressError(String);

impl TrustedProxies {
    /// Proxies of these addresses and networks.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for what is neither.
    pub fn new<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, AddressError> {
        let networks = networks.into_iter().map(|text| {
            Network::parse(text).ok_or_else(|| AddressError(text.chars().take(64).collect()))
        });
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    /// The client behind the proxies: of the addresses in `X-Forwarded-For`, each added by the proxy that was asked, the
    /// last that is no trusted proxy's. `peer` is who is connected, and the client himself unless he is a trusted proxy.
    /// What is no address ends the search: before that anything may stand. A port behind an address is left out, and no
    /// other header is read.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        // Of bytes, as a client may have begun with what is no text.
        for said in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            if !self.0.iter().any(|network| network.has(client)) {
                break;
            }
            match address(said) {
                Some(before) => client = before,
                None => break,
            }
        }
        client
    }
}

/// An address as proxies write it: some add the port, and then set brackets around one of IPv6, some quotes (RFC 7239, 6).
fn address(said: &[u8]) -> Option<IpAddr> {
    let said = std::str::from_utf8(said).ok()?.trim();
    let quoted = said
        .strip_prefix('"')
        .and_then(|said| said.strip_suffix('"'));
    let said = quoted.unwrap_or(said);
    let bracketed = said
        .strip_prefix('[')
        .and_then(|said| said.strip_suffix(']'));
    if let Some(said) = bracketed {
        return said.parse().ok().map(IpAddr::V6);
    }
    let with_port = || said.parse().ok().map(|address: SocketAddr| address.ip());
    said.parse().ok().or_else(with_port)
}

/// The name of an address to count by: of IPv6 its first 64 bits, as one household has all of these; an IPv4 address in
/// IPv6 is that IPv4 address. Many providers give a customer 256 to 65,536 such networks: see [`wider_network`].
///
/// ```
/// use cache_http::limit::network;
///
/// assert_eq!(network("2001:db8::1".parse()?), network("2001:db8::2".parse()?));
/// assert_eq!(network("::ffff:192.0.2.1".parse()?), "192.0.2.1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let first = u128::from(address) >> 64 << 64;
            format!("{}/64", Ipv6Addr::from(first))
        }
    }
}

/// The name of all addresses that one customer may have: of IPv6 its first 48 bits, which is the most that a site is given
/// (RFC 6177), and what one IPv4 address has by 6to4; of IPv4 its first 24 bits, which others share. For a second layer with
/// a higher limit, so that who changes his [`network`] again and again is not counted anew for ever.
///
/// ```
/// use cache_http::limit::wider_network;
///
/// assert_eq!(wider_network("2001:db8:1:2::1".parse()?), wider_network("2001:db8:1:3::1".parse()?));
/// assert_eq!(wider_network("192.0.2.1".parse()?), "192.0.2.0/24");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[must_use]
pub fn wider_network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let first = u32::from(address) >> 8 << 8;
            format!("{}/24", Ipv4Addr::from(first))
        }
        IpAddr::V6(address) => {
            let first = u128::from(address) >> 80 << 80;
            format!("{}/48", Ipv6Addr::from(first))
        }
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse().ok().filter(|length| *length <= bits)?,
            None => bits,
        };
        let host: u32 = bits - length;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        Some(Self {
            first: number(address) & mask,
            mask,
        })
    }

    fn has(self, address: IpAddr) -> bool {
        number(address) & self.mask == self.first
    }
}

/// IPv4 as it is written in IPv6.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], peer: &str, lines: &[&str]) -> String {
        let proxies = TrustedProxies::new(proxies.iter().copied()).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        assert_eq!(client(&[], "10.0.0.1", &["1.1.1.1"]), "10.0.0.1");
        assert_eq!(
            client(&["10.0.0.0/8"], "192.0.2.1", &["1.1.1.1"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn proxies_are_passed_over_from_the_last_to_the_first() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(
            client(&trusted, "10.0.0.1", &["6.6.6.6, 192.0.2.1, 10.0.0.2"]),
            "192.0.2.1"
        );
        assert_eq!(
            client(&trusted, "fd00::1", &["6.6.6.6", "192.0.2.1", "10.0.0.2"]),
            "192.0.2.1"
        );
        assert_eq!(
            client(&trusted, "::ffff:10.0.0.1", &["192.0.2.1"]),
            "192.0.2.1"
        );
        assert_eq!(
            client(&trusted, "10.0.0.1", &["192.0.2.1, unknown, 10.0.0.2"]),
            "10.0.0.2"
        );
        assert_eq!(client(&trusted, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "proxy",
            "10.0.0.0/8/8",
            "*",
        ] {
            let error = TrustedProxies::new([text]).unwrap_err().to_string();
            assert!(error.contains("10.0.0.0/8"), "{text}: {error}");
        }
        assert_eq!(
            client(&["0.0.0.0/0"], "9.9.9.9", &["2001:db8::1, 8.8.8.8"]),
            "2001:db8::1"
        );
    }
}
