//! Whose address a request has, behind proxies that are known.

use std::net::{IpAddr, Ipv6Addr};

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
    /// What is no address ends the search: before that anything may stand.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let lines = lines.map(|line| line.to_str().unwrap_or_default());
        for said in lines.flat_map(|line| line.rsplit(',')) {
            if !self.0.iter().any(|network| network.has(client)) {
                break;
            }
            match said.trim().parse() {
                Ok(before) => client = before,
                Err(_) => break,
            }
        }
        client
    }
}

/// The name of an address to count by: of IPv6 its first 64 bits, as one household has all of these; an IPv4 address in
/// IPv6 is that IPv4 address.
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
