//! The members of sets, leaderboards and places, as bytes.
//!
//! A member is JSON text: it can be read by hand (`redis-cli SMEMBERS`) and by programs in other languages. Equal members
//! must be equal bytes, so the names in an object stand in their order, whatever order a map gives them in.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::ToolkitError;

/// The longest member, in bytes of its JSON.
const LONGEST: usize = 64 << 10;

/// The bytes of a member.
pub(crate) fn encode<T: Serialize + ?Sized>(member: &T) -> Result<Vec<u8>, ToolkitError> {
    let wrong = |reason| ToolkitError::Setting {
        what: "member",
        reason,
    };
    let no_json = |_| {
        wrong(
            "it can't be written as JSON: take an id, a text, or a struct of these; keys of maps are texts or numbers",
        )
    };
    let plain = serde_json::to_string(member).map_err(no_json)?;
    if plain.len() > LONGEST {
        return Err(wrong(
            "it is over 64 KiB: take the id of what it stands for",
        ));
    }
    if !plain.contains('{') {
        return Ok(plain.into_bytes());
    }
    let raw: &RawValue = serde_json::from_str(&plain).map_err(no_json)?;
    let sorted = serde_json::to_string(&in_order(raw)).map_err(no_json)?;
    Ok(sorted.into_bytes())
}

/// The member of such bytes.
pub(crate) fn decode<T: DeserializeOwned>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, ToolkitError> {
    serde_json::from_slice(bytes).map_err(|_| ToolkitError::Foreign { what })
}

/// JSON whose objects have their names in order; numbers and texts stand as they are.
#[derive(Serialize)]
#[serde(untagged)]
enum Ordered<'a> {
    Object(BTreeMap<String, Ordered<'a>>),
    List(Vec<Ordered<'a>>),
    Plain(&'a RawValue),
}

fn in_order(raw: &RawValue) -> Ordered<'_> {
    let text = raw.get();
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
        let ordered = object
            .into_iter()
            .map(|(name, value)| (name, in_order(value)));
        return Ordered::Object(ordered.collect());
    }
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(list) => Ordered::List(list.into_iter().map(in_order).collect()),
        Err(_) => Ordered::Plain(raw),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct Player {
        team: String,
        id: u64,
        of: HashMap<String, u64>,
    }

    #[test]
    fn equal_members_are_equal_bytes() {
        let player = |names: &mut dyn Iterator<Item = u64>| Player {
            team: "re{d".to_owned(),
            id: u64::MAX,
            of: names.map(|n| (n.to_string(), n)).collect(),
        };
        let one = encode(&[player(&mut (0..50))]).unwrap();
        for _ in 0..20 {
            assert_eq!(one, encode(&[player(&mut (0..50).rev())]).unwrap());
        }
        let back: Vec<Player> = decode(&one, "set").unwrap();
        assert_eq!(back, [player(&mut (0..50))]);
        assert_eq!(encode("ada").unwrap(), encode(&"ada".to_owned()).unwrap());
        assert_eq!(encode("ada").unwrap(), b"\"ada\"");
    }

    #[test]
    fn what_is_no_member_says_why() {
        let pairs = HashMap::from([((1, 2), 3)]);
        let error = encode(&pairs).unwrap_err().to_string();
        assert!(error.contains("take an id"), "{error}");
        let error = encode(&"x".repeat(1 << 20)).unwrap_err().to_string();
        assert!(error.contains("64 KiB"), "{error}");
        let error = decode::<u64>(b"\"ada\"", "set").unwrap_err();
        assert_eq!(error, ToolkitError::Foreign { what: "set" });
    }
}
