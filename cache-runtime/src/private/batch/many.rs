//! What the body of a `batch` returns: which value is of which id.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};

use crate::returns::{Fallible, Plain};

/// The values of ids, in their order, or an error; what was returned where it can't be told which is of which.
pub(super) type Apart<V, R, E> = Result<Result<Vec<Option<V>>, R>, E>;

/// Values by the ids that they are of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell which value is of which `{K}`",
    label = "what a `batch` returns says so for each id",
    note = "return a `HashMap<{K}, V>`, a `BTreeMap<{K}, V>`, a `Vec<Option<V>>` in the order of the ids, or a `Result` of one of these"
)]
pub trait Many<K> {
    type Item;

    /// The values of these ids, in their order; itself where it can't be told which is of which.
    ///
    /// # Errors
    ///
    /// All of it, where there is another number of values than of ids.
    fn apart<'k>(self, ids: &[&'k K]) -> Result<Vec<Option<Self::Item>>, Self>
    where
        Self: Sized,
        K: 'k;

    /// Of values in the order of their ids.
    fn together(ids: &[K], values: Vec<Option<Self::Item>>) -> Self;
}

impl<K: Eq + Hash + Clone, V: Clone, S: BuildHasher + Default> Many<K> for HashMap<K, V, S> {
    type Item = V;

    fn apart<'k>(mut self, ids: &[&'k K]) -> Result<Vec<Option<V>>, Self>
    where
        K: 'k,
    {
        let mut values: Vec<_> = ids.iter().map(|id| self.remove(*id)).collect();
        let equal =
            HashMap::<&K, usize>::from_iter(ids.iter().rev().copied().zip((0..ids.len()).rev()));
        copy_to_equal(&mut values, |at| equal[ids[at]]);
        Ok(values)
    }

    fn together(ids: &[K], values: Vec<Option<V>>) -> Self {
        found(ids, values).collect()
    }
}

impl<K: Ord + Clone, V: Clone> Many<K> for BTreeMap<K, V> {
    type Item = V;

    fn apart<'k>(mut self, ids: &[&'k K]) -> Result<Vec<Option<V>>, Self>
    where
        K: 'k,
    {
        let mut values: Vec<_> = ids.iter().map(|id| self.remove(*id)).collect();
        let equal =
            BTreeMap::<&K, usize>::from_iter(ids.iter().rev().copied().zip((0..ids.len()).rev()));
        copy_to_equal(&mut values, |at| equal[ids[at]]);
        Ok(values)
    }

    fn together(ids: &[K], values: Vec<Option<V>>) -> Self {
        found(ids, values).collect()
    }
}

impl<K, V> Many<K> for Vec<Option<V>> {
    type Item = V;

    fn apart<'k>(self, ids: &[&'k K]) -> Result<Self, Self>
    where
        K: 'k,
    {
        match self.len() == ids.len() {
            true => Ok(self),
            false => Err(self),
        }
    }

    fn together(_: &[K], values: Vec<Option<V>>) -> Self {
        values
    }
}

/// Ids that differ in their keys may be equal to the map, which has one value for them.
fn copy_to_equal<V: Clone>(values: &mut [Option<V>], first: impl Fn(usize) -> usize) {
    for at in 0..values.len() {
        if values[at].is_none() {
            values[at] = values[first(at)].clone();
        }
    }
}

fn found<K: Clone, V>(ids: &[K], values: Vec<Option<V>>) -> impl Iterator<Item = (K, V)> {
    let found = ids.iter().zip(values);
    found.filter_map(|(id, value)| Some((id.clone(), value?)))
}

/// A mode of reading what a batch returns.
#[diagnostic::on_unimplemented(
    message = "`{R}` is not a `Result`",
    label = "this return type was taken for a `Result`, by its name or by `fallible`",
    note = "if it is a plain value whose name ends in `Result`, say `fallible = false` in #[cached]"
)]
pub trait Divides<R> {
    type Many;
    type Error;

    fn split(returned: R) -> Result<Self::Many, Self::Error>;
    fn whole(many: Self::Many) -> R;
    fn error(error: Self::Error) -> R;
}

impl<T, E> Divides<Result<T, E>> for Fallible {
    type Many = T;
    type Error = E;

    fn split(returned: Result<T, E>) -> Result<T, E> {
        returned
    }

    fn whole(many: T) -> Result<T, E> {
        Ok(many)
    }

    fn error(error: E) -> Result<T, E> {
        Err(error)
    }
}

impl<T> Divides<T> for Plain {
    type Many = T;
    type Error = Infallible;

    fn split(returned: T) -> Result<T, Infallible> {
        Ok(returned)
    }

    fn whole(many: T) -> T {
        many
    }

    fn error(error: Infallible) -> T {
        match error {}
    }
}

/// What is cached of a batch that returns `R`, by the type of its ids.
pub type ItemOf<M, R, K> = <<M as Divides<R>>::Many as Many<K>>::Item;

/// What an entry holds of a value that may be there or not.
#[diagnostic::on_unimplemented(
    message = "the entries hold another type than the batch returns: `{V}`",
    label = "an entry of `{Self}`",
    note = "a batch of `{V}`s shares the entries of a fn that returns `{V}`, `Option<{V}>`, or a `Result` of one of these"
)]
pub trait Holds<V>: Sized {
    /// None where nothing is stored.
    fn hold(value: Option<V>) -> Option<Self>;

    fn give(self) -> Option<V>;
}

#[diagnostic::do_not_recommend]
impl<V> Holds<V> for V {
    fn hold(value: Option<V>) -> Option<V> {
        value
    }

    fn give(self) -> Option<V> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<V> Holds<V> for Option<V> {
    fn hold(value: Option<V>) -> Option<Option<V>> {
        Some(value)
    }

    fn give(self) -> Option<V> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_tells_by_its_keys_and_a_list_by_its_order() {
        let map = HashMap::from([(1, "one"), (3, "three"), (9, "unasked")]);
        assert_eq!(
            map.apart(&[&3, &2, &1]),
            Ok(vec![Some("three"), None, Some("one")])
        );
        let map = BTreeMap::together(&[3, 2], vec![Some("three"), None]);
        assert_eq!(map, BTreeMap::from([(3, "three")]));
        assert_eq!(
            vec![Some(1), None].apart(&[&3, &2]),
            Ok(vec![Some(1), None])
        );
        assert_eq!(
            vec![Some(1)].apart(&[&3, &2]),
            Err(vec![Some(1)]),
            "it may be of either"
        );
    }
}
