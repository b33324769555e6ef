//! The parts of a value, one after the other.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::json::{Close, Json};
use super::out::{Bincode, MessagePack};
use super::{Fields, Pen};
use crate::frame::shape::{Mismatch, Walk};

/// What the parts are written to.
pub(crate) enum Strokes<'p> {
    Check(Walk<'p>),
    Bincode(&'p mut Bincode),
    MessagePack(&'p mut MessagePack),
    /// Text, and what it ends by.
    Json(&'p mut Json, Close),
    /// As many as come: what says how many stands before them, so they are kept until the end.
    Unknown(Box<Unknown<'p>>),
}

pub(crate) struct Unknown<'p> {
    to: &'p mut MessagePack,
    parts: MessagePack,
    count: usize,
    fields: fn(usize) -> Fields,
}

impl<'p> Strokes<'p> {
    pub(super) fn unknown(to: &'p mut MessagePack, fields: fn(usize) -> Fields) -> Self {
        Self::Unknown(Box::new(Unknown {
            to,
            parts: MessagePack::default(),
            count: 0,
            fields,
        }))
    }

    /// Parts in text, behind what opens them.
    pub(super) fn opened(json: &'p mut Json, close: Close) -> Result<Self, Mismatch> {
        json.open(close)?;
        Ok(Self::Json(json, close))
    }

    /// The next part.
    pub(super) fn part(&mut self) -> Result<Pen<'_>, Mismatch> {
        Ok(match self {
            Self::Check(walk) => Pen::Check(walk.part()?),
            Self::Bincode(bincode) => Pen::Bincode(bincode),
            Self::MessagePack(pack) => Pen::MessagePack(pack),
            Self::Json(json, _) => {
                json.item();
                Pen::Json(json)
            }
            Self::Unknown(unknown) => Pen::MessagePack(&mut unknown.parts),
        })
    }

    /// One more part, or key, of those that were not counted before.
    fn count(&mut self) {
        if let Self::Unknown(unknown) = self {
            unknown.count += 1;
        }
    }

    /// The key of the next pair.
    fn key(&mut self) -> Result<Pen<'_>, Mismatch> {
        match self {
            Self::Json(json, _) => {
                json.key();
                Ok(Pen::Json(json))
            }
            strokes => strokes.part(),
        }
    }

    /// The value that belongs to a key.
    fn value(&mut self) -> Result<Pen<'_>, Mismatch> {
        match self {
            Self::Json(json, _) => {
                json.value();
                Ok(Pen::Json(json))
            }
            strokes => strokes.part(),
        }
    }

    /// The next field.
    fn field(&mut self, name: &'static str) -> Result<Pen<'_>, Mismatch> {
        match self {
            Self::Check(walk) => Ok(Pen::Check(walk.field(name)?)),
            Self::MessagePack(pack) => {
                pack.put(|pack| pack.serialize_str(name))?;
                Ok(Pen::MessagePack(pack))
            }
            Self::Json(json, _) => {
                json.field(name)?;
                Ok(Pen::Json(json))
            }
            strokes => strokes.part(),
        }
    }

    pub(super) fn finish(self) -> Result<(), Mismatch> {
        match self {
            Self::Check(walk) => walk.finish(),
            Self::Bincode(_) | Self::MessagePack(_) => Ok(()),
            Self::Json(json, close) => {
                json.close(close);
                Ok(())
            }
            Self::Unknown(unknown) => {
                let fields = (unknown.fields)(unknown.count);
                unknown.to.fields(fields)?;
                unknown.to.append(unknown.parts)
            }
        }
    }
}

macro_rules! parts {
    ($($kind:ident: $method:ident),*) => {$(
        impl $kind for Strokes<'_> {
            type Ok = ();
            type Error = Mismatch;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
                self.count();
                value.serialize(self.part()?)
            }

            fn end(self) -> Result<(), Mismatch> {
                self.finish()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

macro_rules! fields {
    ($($kind:ident),*) => {$(
        impl $kind for Strokes<'_> {
            type Ok = ();
            type Error = Mismatch;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Mismatch> {
                value.serialize(self.field(name)?)
            }

            fn end(self) -> Result<(), Mismatch> {
                self.finish()
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Strokes<'_> {
    type Ok = ();
    type Error = Mismatch;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Mismatch> {
        self.count();
        key.serialize(self.key()?)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        value.serialize(self.value()?)
    }

    fn end(self) -> Result<(), Mismatch> {
        self.finish()
    }
}
