use std::fmt::{Display, Write};

use serde::Serialize;
use serde::ser::Error;

use super::failure::Failure;
use super::listing::Items;
use super::named::{Entries, Fields};
use crate::key::{KeyWriter, kind};

/// Writes serde's data model as the values of a key.
pub(super) struct Serializer<'w> {
    pub(super) writer: &'w mut KeyWriter,
}

macro_rules! plain {
    ($($method:ident $plain:ident),* $(,)?) => {
        $(
            fn $method(self, value: $plain) -> Result<(), Failure> {
                self.writer.$plain(value);
                Ok(())
            }
        )*
    };
}

impl<'w> serde::Serializer for Serializer<'w> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Items<'w>;
    type SerializeTuple = Items<'w>;
    type SerializeTupleStruct = Fields<'w>;
    type SerializeTupleVariant = Fields<'w>;
    type SerializeMap = Entries<'w>;
    type SerializeStruct = Fields<'w>;
    type SerializeStructVariant = Fields<'w>;

    plain! {
        serialize_bool bool, serialize_char char, serialize_f32 f32, serialize_f64 f64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32,
        serialize_i64 i64, serialize_i128 i128,
    }

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        self.writer.str(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.writer.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Failure> {
        self.writer.kind(kind::NONE);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        self.writer.kind(kind::SOME);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.writer.unit();
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Failure> {
        Fields::structure(self.writer, name).close()
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Failure> {
        Fields::variant(self.writer, name, variant).close()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let mut fields = Fields::structure(self.writer, name);
        fields.next(value)?;
        fields.close()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failure> {
        let mut fields = Fields::variant(self.writer, name, variant);
        fields.next(value)?;
        fields.close()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'w>, Failure> {
        Ok(Items::open(
            self.writer,
            kind::SEQUENCE,
            length.unwrap_or(0),
        ))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'w>, Failure> {
        Ok(Items::open(self.writer, kind::TUPLE, length))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Fields<'w>, Failure> {
        Ok(Fields::structure(self.writer, name))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Fields<'w>, Failure> {
        Ok(Fields::variant(self.writer, name, variant))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'w>, Failure> {
        Ok(Entries::open(self.writer, length.unwrap_or(0)))
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Fields<'w>, Failure> {
        Ok(Fields::structure(self.writer, name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Fields<'w>, Failure> {
        Ok(Fields::variant(self.writer, name, variant))
    }

    /// serde's own way panics where `Display` fails.
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Failure> {
        let mut text = String::new();
        write!(text, "{value}").map_err(|_| Failure::custom("a value that can't be shown"))?;
        self.serialize_str(&text)
    }
}
