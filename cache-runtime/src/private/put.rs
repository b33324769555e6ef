//! What `#[cache_put]` does around its function.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;

use super::Invalidation;
use crate::boxed::boxed;
use crate::cache::{Entry, deferral, writing as inside};
use crate::load::Writing;
use crate::value::{Cacheable, Erased};

/// A put into an entry that holds `T`s. The entry is owed to be invalidated from the moment the function is
/// polled, as by [`Invalidation`]; a value that is stored settles that.
#[derive(Debug)]
pub struct Put<'a, T> {
    owed: Invalidation,
    /// None where nothing can be stored.
    writing: Option<Writing<'a>>,
    values: PhantomData<fn(T)>,
}

/// What `entry` may name.
#[diagnostic::on_unimplemented(
    message = "`entry` is no entry",
    label = "not what a companion returns",
    note = "call the companion of the fn whose value this is, as `entry = user_entry(id)`, or write `entry = |user| user_entry(user.id)` where only the value tells"
)]
pub trait IsEntry {
    type Value;

    fn entry(&self) -> &Entry<Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T> IsEntry for Entry<T> {
    type Value = T;

    fn entry(&self) -> &Entry<T> {
        self
    }
}

/// A value that an entry holds.
#[diagnostic::on_unimplemented(
    message = "this fn returns `{Self}`, and the entry holds another type: `{T}`",
    label = "an entry of `{T}`",
    note = "return what the entry's fn returns, or name the companion of a fn that returns `{Self}`"
)]
pub trait HeldAs<T> {
    fn erased(&self) -> Erased;
}

#[diagnostic::do_not_recommend]
impl<T: Cacheable> HeldAs<T> for T {
    fn erased(&self) -> Erased {
        Arc::new(self.clone())
    }
}

/// What no function returns: were there one impl alone, the compiler would take each other value for a
/// mistake of the type in this file.
#[derive(Debug)]
pub struct Unheld;

impl<T> HeldAs<T> for &Unheld {
    fn erased(&self) -> Erased {
        Arc::new(())
    }
}

/// The entry that the function's value tells, by the annotation's own closure.
pub fn entry_of<V: ?Sized, E>(value: &V, entry: impl FnOnce(&V) -> E) -> E {
    entry(value)
}

impl<'a, T: 'a> Put<'a, T> {
    /// From here on no load that began before it stores.
    pub async fn begin(entry: &'a impl IsEntry<Value = T>) -> Self {
        let entry = entry.entry();
        let mut owed = Invalidation::new(None);
        owed.entry(entry);
        // In a transaction nobody else may see the value yet: the entry is invalidated after the commit.
        let writing = match entry.readable().filter(|_| deferral().is_none()) {
            Some(request) => boxed(|| Writing::begin(request)).await.ok(),
            None => None,
        };
        Self {
            owed,
            writing,
            values: PhantomData,
        }
    }

    /// Only an `Ok` changes the entry; an `Err` or a drop is taken to have changed nothing.
    pub fn only_ok(&mut self) {
        self.owed.only_ok();
    }

    /// The function is polled, or was.
    pub fn armed(&mut self) {
        self.owed.arm();
    }

    /// Runs the function.
    pub async fn during<F: Future>(&mut self, body: F) -> F::Output {
        self.armed();
        match &self.writing {
            Some(writing) => {
                let body = pin!(inside([writing.digest()], body));
                boxed(|| writing.during(body)).await
            }
            None => body.await,
        }
    }

    /// The function returned this value, or an error. What fails now is owed and logged; it is not the
    /// function's failure.
    pub async fn finish<V: HeldAs<T>>(self, value: Option<&V>) {
        let Self {
            mut owed, writing, ..
        } = self;
        if value.is_some() {
            // It has written: dropped from here on, it is owed as well.
            owed.always();
        }
        let (is_ok, value) = (value.is_some(), value.map(HeldAs::erased));
        let stored = match (writing, value) {
            (Some(writing), Some(value)) => boxed(|| writing.end(value)).await.is_ok(),
            _ => false,
        };
        match stored {
            true => owed.settled(),
            false => owed.finish(is_ok).await,
        }
    }
}
