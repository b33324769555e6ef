//! What the algorithm asks of a type of values that it does not know.
//!
//! The crate of a cached function brings this table for each type of value; all that uses it is compiled once,
//! here.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;

use crate::frame::{CodecId, Room, Unreadable, Written, decode_payload};
use crate::memory::{About, Held, Life};
use crate::site::ValueType;
use crate::value::{Cacheable, Erased};

/// What a payload holds.
type Decoded<T> = Result<T, Unreadable>;

/// A payload, how it is encoded, and how much memory its value may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded<'a> {
    pub(crate) codec: CodecId,
    pub(crate) payload: &'a [u8],
    pub(crate) room: Room,
}

impl Encoded<'_> {
    fn decode<T: Cacheable>(self) -> Decoded<T> {
        decode_payload(self.codec, self.payload, self.room)
    }
}

/// A type of values, as the algorithm knows it. Given a value of another type each function does nothing of
/// use, and none is: the site that a value is of has one type.
pub(crate) struct Kind {
    pub(crate) value: ValueType,
    /// What its values are called, for the log.
    pub(crate) name: fn() -> &'static str,
    hold: fn(Erased, About) -> Arc<Held>,
    cloned: fn(&(dyn Any + Send + Sync)) -> Erased,
    written: fn(&(dyn Any + Send + Sync)) -> &dyn Written,
    read: fn(Encoded<'_>) -> Decoded<Erased>,
    read_held: fn(Encoded<'_>, About) -> Decoded<Arc<Held>>,
}

impl Kind {
    pub(crate) const fn of<T: Cacheable>() -> &'static Self {
        const {
            &Self {
                value: ValueType::of::<T>(),
                name: type_name::<T>,
                hold: hold::<T>,
                cloned: cloned::<T>,
                written: written::<T>,
                read: read::<T>,
                read_held: read_held::<T>,
            }
        }
    }

    /// A value as memory holds it.
    pub(crate) fn hold(&self, value: Erased, about: About) -> Arc<Held> {
        (self.hold)(value, about)
    }

    /// A copy of a value with all that is said of it. Nobody else has it yet.
    pub(crate) fn copied(&self, held: &Held) -> Arc<Held> {
        let about = About {
            id: held.id,
            life: Life {
                until: held.until,
                stale_until: held.stale_until,
                given: held.given,
            },
            born: held.born(),
            watch: held.watch.clone(),
            encoded: held.encoded as usize,
            counters: Arc::clone(&held.counters),
        };
        let mut copy = self.hold((self.cloned)(&held.value), about);
        if let Some(copy) = Arc::get_mut(&mut copy) {
            copy.is_stale = held.is_stale;
        }
        copy
    }

    /// A value as it writes itself.
    pub(crate) fn written<'a>(&self, value: &'a (dyn Any + Send + Sync)) -> &'a dyn Written {
        (self.written)(value)
    }

    /// The value that a payload holds.
    pub(crate) fn read(&self, encoded: Encoded<'_>) -> Decoded<Erased> {
        (self.read)(encoded)
    }

    /// The value that a payload holds, as memory holds it.
    pub(crate) fn read_held(&self, encoded: Encoded<'_>, about: About) -> Decoded<Arc<Held>> {
        (self.read_held)(encoded, about)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kind").field(&(self.name)()).finish()
    }
}

fn hold<T: Cacheable>(value: Erased, about: About) -> Arc<Held> {
    match value.downcast::<T>() {
        Ok(value) => Arc::new(Held::new(Arc::unwrap_or_clone(value), about)),
        Err(value) => Arc::new(Held::new(value, about)),
    }
}

fn cloned<T: Cacheable>(value: &(dyn Any + Send + Sync)) -> Erased {
    match value.downcast_ref::<T>() {
        Some(value) => Arc::new(value.clone()),
        None => Arc::new(()),
    }
}

fn written<T: Cacheable>(value: &(dyn Any + Send + Sync)) -> &dyn Written {
    match value.downcast_ref::<T>() {
        Some(value) => value,
        None => &(),
    }
}

fn read<T: Cacheable>(encoded: Encoded<'_>) -> Decoded<Erased> {
    Ok(Arc::new(encoded.decode::<T>()?))
}

fn read_held<T: Cacheable>(encoded: Encoded<'_>, about: About) -> Decoded<Arc<Held>> {
    Ok(Arc::new(Held::new(encoded.decode::<T>()?, about)))
}
