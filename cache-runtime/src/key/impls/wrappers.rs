//! `Option`, `Result`, ranges and what has no value at all.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::{Bound, Range};

use crate::key::{CacheKey, KeyWriter, kind};

impl<T: CacheKey> CacheKey for Option<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            None => writer.kind(kind::NONE),
            Some(value) => {
                writer.kind(kind::SOME);
                value.write(writer);
            }
        }
    }
}

impl<T: CacheKey, E: CacheKey> CacheKey for Result<T, E> {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Ok(value) => {
                writer.kind(kind::OK);
                value.write(writer);
            }
            Err(error) => {
                writer.kind(kind::ERR);
                error.write(writer);
            }
        }
    }
}

impl<T: CacheKey> CacheKey for Range<T> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.structure("Range", |fields| {
            fields.field("start", &self.start).field("end", &self.end);
        });
    }
}

impl<T: CacheKey> CacheKey for Bound<T> {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Self::Included(at) => writer.variant("Bound", "Included", |fields| {
                fields.field("0", at);
            }),
            Self::Excluded(at) => writer.variant("Bound", "Excluded", |fields| {
                fields.field("0", at);
            }),
            Self::Unbounded => writer.variant("Bound", "Unbounded", |_| {}),
        }
    }
}

impl<T: ?Sized> CacheKey for PhantomData<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        writer.unit();
    }
}

impl CacheKey for Infallible {
    fn write(&self, _writer: &mut KeyWriter) {
        match *self {}
    }
}
