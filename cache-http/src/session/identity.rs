//! Ids, and where a session of an id is.
//!
//! All sessions of a user are in one slot of a cluster, with the list of them, so that a script sees both. An id says the
//! slot by 32 of its 128 bits, which are the user's; the other 96 are random.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tower_sessions_core::session::Id;

use super::SessionError;

/// The digits of a hash.
const DIGITS: usize = 32;

/// A user, by the hash of his id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserName {
    bucket: u32,
    hash: String,
}

/// Where a session is: the bucket of its user, and the hash of its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) bucket: u32,
    pub(super) hash: String,
}

/// What a session is known by to who may end it: made of a hash of its id, so nobody is logged in by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SessionHandle(Place);

impl UserName {
    pub(super) fn new(user: &str) -> Result<Self, SessionError> {
        if user.is_empty() {
            return Err(SessionError::NoUser);
        }
        let hash = digits(&[b"user:", user.as_bytes()]);
        let bucket = u32::from_str_radix(&hash[..8], 16).unwrap_or(0);
        Ok(Self { bucket, hash })
    }

    pub(super) fn bucket(&self) -> u32 {
        self.bucket
    }

    pub(super) fn as_str(&self) -> &str {
        &self.hash
    }
}

/// A new id, in the bucket of a user if there is one.
pub(super) fn id(user: Option<&UserName>) -> Id {
    let random = Id::default();
    let Some(user) = user else {
        return random;
    };
    let mut bytes = random.0.to_le_bytes();
    bytes[..4].copy_from_slice(&user.bucket.to_le_bytes());
    Id(i128::from_le_bytes(bytes))
}

impl Place {
    pub(super) fn of(id: Id) -> Self {
        let bytes = id.0.to_le_bytes();
        let [a, b, c, d, ..] = bytes;
        Self {
            bucket: u32::from_le_bytes([a, b, c, d]),
            // Who lists the names in Redis can't be logged in by them.
            hash: digits(&[b"id:", &bytes]),
        }
    }
}

impl SessionHandle {
    /// The handle of the session of an id, to tell the one of this request in a list.
    #[must_use]
    pub fn of(id: Id) -> Self {
        Self(Place::of(id))
    }

    pub(super) fn at(bucket: u32, hash: &str) -> Self {
        let hash = hash.to_owned();
        Self(Place { bucket, hash })
    }

    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

impl From<Place> for SessionHandle {
    fn from(place: Place) -> Self {
        Self(place)
    }
}

impl fmt::Display for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{}", self.0.bucket, self.0.hash)
    }
}

impl From<SessionHandle> for String {
    fn from(handle: SessionHandle) -> Self {
        handle.to_string()
    }
}

impl TryFrom<String> for SessionHandle {
    type Error = SessionError;

    fn try_from(text: String) -> Result<Self, SessionError> {
        text.parse()
    }
}

impl FromStr for SessionHandle {
    type Err = SessionError;

    fn from_str(text: &str) -> Result<Self, SessionError> {
        let is_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 8 + DIGITS || !text.bytes().all(is_hex) {
            return Err(SessionError::Handle);
        }
        let (bucket, hash) = text.split_at(8);
        let bucket = u32::from_str_radix(bucket, 16).map_err(|_| SessionError::Handle)?;
        Ok(Self::at(bucket, hash))
    }
}

/// The first half of the SHA-256 in hexadecimal digits.
pub(super) fn digits(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let hash = hash.finalize();
    let half: [u8; DIGITS / 2] = std::array::from_fn(|at| hash[at]);
    format!("{:032x}", u128::from_be_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_its_text_in_paths_and_json() {
        let handle = SessionHandle::of(id(None));
        let text = serde_json::to_string(&handle).expect("a text");
        assert_eq!(text, format!("\"{handle}\""));
        assert_eq!(
            serde_json::from_str::<SessionHandle>(&text).ok(),
            Some(handle)
        );
        assert!(serde_json::from_str::<SessionHandle>("\"x\"").is_err());
    }

    #[test]
    fn ids_of_a_user_are_in_his_bucket_and_differ() {
        let user = UserName::new("42").unwrap();
        let (one, two) = (id(Some(&user)), id(Some(&user)));
        assert_ne!(one, two);
        for id in [one, two] {
            assert_eq!(Place::of(id).bucket, user.bucket());
            let handle = SessionHandle::of(id);
            assert_eq!(handle.to_string().parse(), Ok(handle.clone()));
            assert!(!handle.to_string().contains(&id.to_string()));
        }
        assert_ne!(Place::of(id(None)).bucket, Place::of(id(None)).bucket);
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        let user = "A".repeat(8 + DIGITS);
        for text in ["", "0", &user, &"é".repeat(20), &"0".repeat(41)] {
            assert_eq!(text.parse::<SessionHandle>(), Err(SessionError::Handle));
        }
        assert_eq!(UserName::new(""), Err(SessionError::NoUser));
    }
}
