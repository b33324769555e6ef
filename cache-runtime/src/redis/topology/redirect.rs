//! The answer of a cluster's node to a command about a key of another node.

use redis::Value;

use crate::redis::wire::settings::Address;

/// What to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The slot is another node's.
    Moved {
        slot: u16,
        /// Without a host it is that of the node that said so.
        to: Address,
    },
    /// This key may be at another node already.
    Ask(Address),
    /// The keys of one slot are on their way from one node to the other.
    TryAgain,
}

impl Redirect {
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let to = || {
            let mut words = error.details()?.split_ascii_whitespace();
            let slot = words.next()?.parse().ok()?;
            Some((slot, address(words.next()?)?))
        };
        match error.code() {
            "TRYAGAIN" => Some(Self::TryAgain),
            "MOVED" => to().map(|(slot, to)| Self::Moved { slot, to }),
            "ASK" => to().map(|(_, to)| Self::Ask(to)),
            _ => None,
        }
    }
}

/// `host:port`, where the host may be empty, or an IPv6 address without brackets.
fn address(text: &str) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    Some(Address {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(line: &str) -> Option<Redirect> {
        let answer = redis::parse_redis_value(line.as_bytes()).unwrap();
        Redirect::of(&answer)
    }

    fn at(host: &str, port: u16) -> Address {
        let host = host.to_owned();
        Address { host, port }
    }

    #[test]
    fn each_form_is_read() {
        let to = at("127.0.0.1", 7_001);
        assert_eq!(
            redirect("-MOVED 3999 127.0.0.1:7001\r\n"),
            Some(Redirect::Moved {
                slot: 3_999,
                to: to.clone()
            })
        );
        assert_eq!(
            redirect("-ASK 3999 127.0.0.1:7001\r\n"),
            Some(Redirect::Ask(to))
        );
        assert_eq!(
            redirect("-ASK 1 2001:db8::1:7001\r\n"),
            Some(Redirect::Ask(at("2001:db8::1", 7_001)))
        );
        assert_eq!(
            redirect("-ASK 1 :7001\r\n"),
            Some(Redirect::Ask(at("", 7_001)))
        );
        assert_eq!(
            redirect("-TRYAGAIN Multiple keys\r\n"),
            Some(Redirect::TryAgain)
        );
        for other in [
            "-ERR no\r\n",
            "+OK\r\n",
            "-MOVED nonsense\r\n",
            "-MOVED\r\n",
            "-ASK 1 host\r\n",
        ] {
            assert_eq!(redirect(other), None, "{other}");
        }
    }
}
