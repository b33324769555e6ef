//! An entry's value, as far as it can be shown without its type.

use serde::Serialize;

use super::explain::header;
use super::explanation::EntryHeader;
use super::told::Told;
use super::{Admin, unavailable};
use crate::error::{CacheError, shortened};
use crate::frame::{self, CodecId, Lock, Room, Unreadable, decode_payload};
use crate::load::aside;
use crate::redis::Keys;

/// A value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Payload {
    /// What its entry says of itself.
    pub header: EntryHeader,
    /// How many bytes it takes as it is stored: compressed, if it is.
    pub stored_bytes: usize,
    /// How many bytes it has once decompressed.
    pub bytes: usize,
    /// The value, as far as it can be shown.
    pub shown: Shown,
}

/// A value, as far as it can be shown without its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "form", content = "value", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shown {
    /// As JSON text: of a value that is stored as JSON, or as MessagePack. Of the latter bytes are shown as
    /// hexadecimal digits, keys that are no text as the text of their JSON, and numbers that JSON has no form for as
    /// text.
    Json(String),
    /// Its bytes: of bincode, which can't be read without the type, and of what can't be read at all.
    Binary(Vec<u8>),
}

impl Admin {
    /// The value of an entry, whether it may be served or not; `None` if nothing is stored. An encrypted one needs
    /// the keys among the settings.
    ///
    /// # Errors
    ///
    /// [`CacheError::Name`] for a name that is no entry's, [`CacheError::Unavailable`] if Redis did not answer, or
    /// with the cause why what stands there can't be read.
    pub async fn payload(&self, name: &str) -> Result<Option<Payload>, CacheError> {
        const DOING: &str = "read an entry";
        if self.names().parts(name).is_none() {
            return Err(CacheError::Name {
                what: "entry",
                name: shortened(name),
                reason: "it is not as `prefix:e:namespace:{..}`",
            });
        }
        let reading = self.redis()?.read(Keys::from_iter([name.into()]));
        let read = reading.await.map_err(|fault| unavailable(DOING, fault))?;
        let first = read.found.into_iter().next();
        let Some(bytes) = first.and_then(|found| found.bytes) else {
            return Ok(None);
        };
        let tiers = self.cache.tiers();
        let (keys, max_value) = (tiers.keys.clone(), tiers.limits.max_value);
        let name = name.to_owned();
        let open = move || {
            let lock = Lock {
                keys: keys.as_ref(),
                name: &name,
            };
            open(&bytes, lock, Room::for_values(max_value))
        };
        let opened = aside(open).await.unwrap_or(Err(Unreadable::Decode));
        opened.map(Some).map_err(|cause| CacheError::Unavailable {
            doing: DOING,
            cause: cause.as_str().to_owned(),
        })
    }
}

fn open(bytes: &[u8], lock: Lock<'_>, room: Room) -> Result<Payload, Unreadable> {
    let frame = frame::parse(bytes)?;
    let payload = frame::unpacked(&frame, lock, room)?;
    Ok(Payload {
        header: header(&frame.header),
        stored_bytes: frame.payload.len(),
        bytes: payload.len(),
        shown: shown(frame.header.codec, &payload, room),
    })
}

fn shown(codec: CodecId, payload: &[u8], room: Room) -> Shown {
    let told = match codec {
        CodecId::Bincode => None,
        CodecId::MessagePack | CodecId::Json => decode_payload::<Told>(codec, payload, room).ok(),
    };
    match told {
        Some(told) => Shown::Json(told.0),
        None => Shown::Binary(payload.to_vec()),
    }
}
