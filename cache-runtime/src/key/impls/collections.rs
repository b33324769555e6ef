//! Lists, sets and maps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};

use crate::key::{CacheKey, KeyWriter};

impl<T: CacheKey> CacheKey for [T] {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        T::write_list(self, &[], writer);
    }
}

impl<T: CacheKey, const N: usize> CacheKey for [T; N] {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        T::write_list(self, &[], writer);
    }
}

impl<T: CacheKey> CacheKey for Vec<T> {
    #[inline]
    fn write(&self, writer: &mut KeyWriter) {
        T::write_list(self, &[], writer);
    }
}

impl<T: CacheKey> CacheKey for VecDeque<T> {
    fn write(&self, writer: &mut KeyWriter) {
        let (head, tail) = self.as_slices();
        T::write_list(head, tail, writer);
    }
}

impl<T: CacheKey> CacheKey for LinkedList<T> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.sequence(self);
    }
}

impl<T: CacheKey> CacheKey for BTreeSet<T> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.set(self);
    }
}

impl<T: CacheKey, S> CacheKey for HashSet<T, S> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.set(self);
    }
}

impl<K: CacheKey, V: CacheKey> CacheKey for BTreeMap<K, V> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.map(self);
    }
}

impl<K: CacheKey, V: CacheKey, S> CacheKey for HashMap<K, V, S> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.map(self);
    }
}
