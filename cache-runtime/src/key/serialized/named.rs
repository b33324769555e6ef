use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeStruct, SerializeStructVariant, SerializeTupleStruct,
    SerializeTupleVariant,
};

use super::failure::Failure;
use super::serializer::Serializer;
use crate::key::unordered::Unordered;
use crate::key::{KeyWriter, kind};

/// The fields of a structure or variant, by name. Those of a tuple are named by their place.
pub(super) struct Fields<'w> {
    writer: &'w mut KeyWriter,
    entries: Unordered,
    place: usize,
}

impl<'w> Fields<'w> {
    pub(super) fn structure(writer: &'w mut KeyWriter, name: &str) -> Self {
        writer.kind(kind::STRUCTURE);
        writer.name(name);
        Self::open(writer)
    }

    pub(super) fn variant(writer: &'w mut KeyWriter, name: &str, variant: &str) -> Self {
        writer.kind(kind::VARIANT);
        writer.name(name);
        writer.told(variant);
        Self::open(writer)
    }

    fn open(writer: &'w mut KeyWriter) -> Self {
        let entries = Unordered::open(writer, 0);
        Self {
            writer,
            entries,
            place: 0,
        }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failure> {
        self.writer.name(name);
        value.serialize(Serializer {
            writer: self.writer,
        })?;
        self.entries.end_entry(self.writer);
        Ok(())
    }

    pub(super) fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let name = self.place.to_string();
        self.place += 1;
        self.field(&name, value)
    }

    pub(super) fn close(self) -> Result<(), Failure> {
        self.entries.close(self.writer);
        Ok(())
    }
}

macro_rules! by_name {
    ($($kind:ident),*) => {
        $(
            impl $kind for Fields<'_> {
                type Ok = ();
                type Error = Failure;

                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    value: &T,
                ) -> Result<(), Failure> {
                    self.field(name, value)
                }

                fn end(self) -> Result<(), Failure> {
                    self.close()
                }
            }
        )*
    };
}

macro_rules! by_place {
    ($($kind:ident),*) => {
        $(
            impl $kind for Fields<'_> {
                type Ok = ();
                type Error = Failure;

                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    value: &T,
                ) -> Result<(), Failure> {
                    self.next(value)
                }

                fn end(self) -> Result<(), Failure> {
                    self.close()
                }
            }
        )*
    };
}

by_name!(SerializeStruct, SerializeStructVariant);
by_place!(SerializeTupleStruct, SerializeTupleVariant);

/// The entries of a map, whatever their order.
pub(super) struct Entries<'w> {
    writer: &'w mut KeyWriter,
    entries: Unordered,
}

impl<'w> Entries<'w> {
    pub(super) fn open(writer: &'w mut KeyWriter, expected: usize) -> Self {
        writer.kind(kind::MAP);
        let entries = Unordered::open(writer, expected);
        Self { writer, entries }
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        key.serialize(Serializer {
            writer: self.writer,
        })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        value.serialize(Serializer {
            writer: self.writer,
        })?;
        self.entries.end_entry(self.writer);
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        self.entries.close(self.writer);
        Ok(())
    }
}
