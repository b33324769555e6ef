use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeTuple};

use super::failure::Failure;
use super::serializer::Serializer;
use crate::key::KeyWriter;
use crate::key::unordered::Listing;

/// Items in order, counted.
pub(super) struct Items<'w> {
    writer: &'w mut KeyWriter,
    listing: Listing,
    counted: usize,
}

impl<'w> Items<'w> {
    pub(super) fn open(writer: &'w mut KeyWriter, kind: u8, expected: usize) -> Self {
        writer.kind(kind);
        let listing = Listing::open(writer, expected);
        Self {
            writer,
            listing,
            counted: 0,
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.counted += 1;
        value.serialize(Serializer {
            writer: self.writer,
        })
    }

    fn close(self) {
        self.listing.close(self.writer, self.counted);
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.item(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        self.item(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.close();
        Ok(())
    }
}
