//! Lists, maps, structures and variants.

use std::fmt;

use super::unordered::{Listing, Unordered};
use super::{CacheKey, KeyWriter, kind};

impl KeyWriter {
    /// Writes a list: how many items, then the items in order.
    ///
    /// ```
    /// use cache_runtime::key::KeyWriter;
    ///
    /// let mut even = KeyWriter::new();
    /// even.sequence((1_u32..6).filter(|n| n % 2 == 0));
    /// assert_eq!(even.as_bytes(), KeyWriter::of(&[2_u32, 4]).as_bytes());
    /// ```
    #[inline]
    pub fn sequence<I>(&mut self, items: I)
    where
        I: IntoIterator<Item: CacheKey>,
    {
        let items = items.into_iter();
        self.kind(kind::SEQUENCE);
        let listing = Listing::open(self, items.size_hint().0);
        let mut counted = 0;
        for item in items {
            item.write(self);
            counted += 1;
        }
        listing.close(self, counted);
    }

    /// Writes a set: its items in the order of their bytes, whatever order they come in.
    pub fn set<I>(&mut self, items: I)
    where
        I: IntoIterator<Item: CacheKey>,
    {
        let items = items.into_iter();
        self.kind(kind::SET);
        let mut entries = Unordered::open(self, items.size_hint().0);
        for item in items {
            item.write(self);
            entries.end_entry(self);
        }
        entries.close(self);
    }

    /// Writes a map: its entries in the order of their bytes, whatever order they come in.
    pub fn map<K, V, I>(&mut self, entries: I)
    where
        K: CacheKey,
        V: CacheKey,
        I: IntoIterator<Item = (K, V)>,
    {
        let pairs = entries.into_iter();
        self.kind(kind::MAP);
        let mut entries = Unordered::open(self, pairs.size_hint().0);
        for (key, value) in pairs {
            key.write(self);
            value.write(self);
            entries.end_entry(self);
        }
        entries.close(self);
    }

    /// Writes a structure: its name, then its fields by name. Their order doesn't matter.
    ///
    /// ```
    /// use cache_runtime::key::KeyWriter;
    ///
    /// let mut point = KeyWriter::new();
    /// point.structure("Point", |fields| {
    ///     fields.field("x", &1_i32).field("y", &2_i32);
    /// });
    /// let mut turned = KeyWriter::new();
    /// turned.structure("Point", |fields| {
    ///     fields.field("y", &2_i32).field("x", &1_i32);
    /// });
    /// assert_eq!(point.as_bytes(), turned.as_bytes());
    /// ```
    pub fn structure(&mut self, name: &str, write: impl FnOnce(&mut FieldWriter<'_>)) {
        self.kind(kind::STRUCTURE);
        self.name(name);
        self.fields(write);
    }

    /// Writes a variant of an enum: both names, then its fields by name.
    pub fn variant(&mut self, name: &str, variant: &str, write: impl FnOnce(&mut FieldWriter<'_>)) {
        self.kind(kind::VARIANT);
        self.name(name);
        self.told(variant);
        self.fields(write);
    }

    fn fields(&mut self, write: impl FnOnce(&mut FieldWriter<'_>)) {
        let entries = Unordered::open(self, 0);
        let mut fields = FieldWriter {
            writer: self,
            entries,
        };
        write(&mut fields);
        let FieldWriter { writer, entries } = fields;
        entries.close(writer);
    }
}

/// What `#[derive(CacheKey)]` calls: it has the fields counted and sorted already, by the length of
/// their names and then by the names, which is how [`FieldWriter`] sorts.
#[doc(hidden)]
impl KeyWriter {
    #[inline]
    pub fn __structure(&mut self, name: &str, fields: usize) {
        self.kind(kind::STRUCTURE);
        self.name(name);
        self.length(fields);
    }

    #[inline]
    pub fn __variant(&mut self, name: &str, variant: &str, fields: usize) {
        self.kind(kind::VARIANT);
        self.name(name);
        self.told(variant);
        self.length(fields);
    }

    #[inline]
    pub fn __name(&mut self, name: &str) {
        self.name(name);
    }
}

/// Writes the fields of a structure or variant, in any order.
pub struct FieldWriter<'w> {
    writer: &'w mut KeyWriter,
    entries: Unordered,
}

impl FieldWriter<'_> {
    /// Writes one field. A name is given once in a structure.
    pub fn field<T: CacheKey + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.field_with(name, |writer| value.write(writer))
    }

    /// Writes one field whose value `write` writes, as one value.
    pub fn field_with(&mut self, name: &str, write: impl FnOnce(&mut KeyWriter)) -> &mut Self {
        self.writer.name(name);
        write(self.writer);
        self.entries.end_entry(self.writer);
        self
    }
}

impl fmt::Debug for FieldWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldWriter")
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}
