//! The structures of a cache without Redis: values by name, each with a lifetime, in so many bytes.

use std::any::Any;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::ToolkitError;

/// How many bytes all of a cache may take, names and members with what holds them.
const MOST: usize = 64 << 20;

/// About what a name takes beside its text and its value.
const NAME: usize = 128;

/// What is over is looked for at most so often while there is no room.
const SWEEPS: Duration = Duration::from_secs(1);

/// What can be kept.
pub(crate) trait Kept: Any + Default + Send {
    /// Whether a name that is there may come to take more. Those that don't are changed in a full store too, so that who
    /// fills it with names of limits lifts none that is counted already.
    const GROWS: bool = true;

    /// About how many bytes it takes, told without walking through it; 0 says that there is nothing to keep.
    fn bytes(&self) -> usize;
}

/// Until when a value lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Life(Option<Instant>);

impl Life {
    pub(crate) fn ends_in(&mut self, left: Duration) {
        self.0 = Instant::now().checked_add(left);
    }

    /// Unless it ends already.
    pub(crate) fn ends_once_in(&mut self, left: Duration) {
        if self.0.is_none() {
            self.ends_in(left);
        }
    }

    pub(crate) fn left(self) -> Option<Duration> {
        Some(self.0?.saturating_duration_since(Instant::now()))
    }

    fn is_over(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }
}

/// The store.
pub(crate) struct Local {
    held: Mutex<Held>,
    given_back: watch::Sender<()>,
}

#[derive(Default)]
struct Held {
    names: HashMap<Box<str>, Named>,
    bytes: usize,
    swept: Option<Instant>,
}

struct Named {
    value: Box<dyn Any + Send>,
    life: Life,
    bytes: usize,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            given_back: watch::Sender::new(()),
        }
    }
}

impl Local {
    /// Reads what is there; a value's default, if there is none.
    pub(crate) fn read<T: Kept, R>(&self, name: &str, read: impl FnOnce(&T) -> R) -> R {
        let held = self.held.lock();
        let found = held.names.get(name).filter(|named| !named.life.is_over());
        match found.and_then(|named| named.value.downcast_ref()) {
            Some(value) => read(value),
            None => read(&T::default()),
        }
    }

    /// Changes what is there, while nobody else does.
    ///
    /// # Errors
    ///
    /// [`ToolkitError::NoRoom`] if it may take more room than before and there is none: nothing is changed then.
    pub(crate) fn write<T: Kept, R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T, &mut Life) -> R,
    ) -> Result<R, ToolkitError> {
        let mut held = self.held.lock();
        if T::GROWS || !held.names.contains_key(name) {
            held.make_room()?;
        }
        Ok(held.change(name, change))
    }

    /// As [`write`](Self::write), for what takes no more room than before.
    pub(crate) fn take<T: Kept, R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T, &mut Life) -> R,
    ) -> R {
        self.held.lock().change(name, change)
    }

    /// Tells those who wait that something was given back.
    pub(crate) fn tell(&self) {
        self.given_back.send_replace(());
    }

    /// To be asked for before the look that finds nothing.
    pub(crate) fn told(&self) -> watch::Receiver<()> {
        self.given_back.subscribe()
    }
}

impl Held {
    fn make_room(&mut self) -> Result<(), ToolkitError> {
        let is_due = self.swept.is_none_or(|at| at.elapsed() >= SWEEPS);
        if self.bytes >= MOST && is_due {
            self.names.retain(|_, named| !named.life.is_over());
            self.bytes = self.names.values().map(|named| named.bytes).sum();
            self.swept = Some(Instant::now());
        }
        match self.bytes < MOST {
            true => Ok(()),
            false => Err(ToolkitError::NoRoom),
        }
    }

    fn change<T: Kept, R>(&mut self, name: &str, change: impl FnOnce(&mut T, &mut Life) -> R) -> R {
        let before = self.names.remove_entry(name);
        let (name, before) = match before {
            Some((name, named)) => (name, Some(named)),
            None => (name.into(), None),
        };
        self.bytes -= before.as_ref().map_or(0, |named| named.bytes);
        let living = before.filter(|named| !named.life.is_over());
        let (mut value, mut life) = match living.map(|named| (named.value.downcast(), named.life)) {
            Some((Ok(value), life)) => (value, life),
            _ => (Box::<T>::default(), Life::default()),
        };
        let changed = change(&mut value, &mut life);
        let own = value.bytes();
        if own > 0 {
            let bytes = own + name.len() + NAME;
            self.bytes += bytes;
            self.names.insert(name, Named { value, life, bytes });
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Text(String);

    impl Kept for Text {
        fn bytes(&self) -> usize {
            self.0.len()
        }
    }

    /// A number, which never grows.
    #[derive(Default)]
    struct Fixed(u64);

    impl Kept for Fixed {
        const GROWS: bool = false;

        fn bytes(&self) -> usize {
            8
        }
    }

    fn set(local: &Local, name: &str, text: &str) -> Result<(), ToolkitError> {
        local.write(name, |value: &mut Text, _| value.0 = text.to_owned())
    }

    #[test]
    fn a_value_is_there_until_its_time_or_until_it_is_empty() {
        let local = Local::default();
        set(&local, "a", "one").unwrap();
        assert_eq!(local.read("a", |text: &Text| text.0.clone()), "one");
        local.take("a", |_: &mut Text, life| life.ends_in(Duration::ZERO));
        assert_eq!(local.read("a", |text: &Text| text.0.clone()), "");
        local.take("a", |text: &mut Text, life| {
            assert_eq!((&*text.0, life.left()), ("", None), "it begins anew");
        });
        let held = local.held.lock();
        assert_eq!((held.names.len(), held.bytes), (0, 0));
    }

    #[test]
    fn a_full_store_refuses_until_something_is_over_or_taken_out() {
        let local = Local::default();
        set(&local, "large", &"x".repeat(MOST)).unwrap();
        assert_eq!(set(&local, "b", "two"), Err(ToolkitError::NoRoom));
        local.take("large", |text: &mut Text, _| text.0.clear());
        set(&local, "b", "two").unwrap();
        local
            .write("large", |text: &mut Text, life| {
                text.0 = "x".repeat(MOST);
                life.ends_in(Duration::ZERO);
            })
            .unwrap();
        local.held.lock().swept = None;
        set(&local, "c", "three").unwrap();
        assert_eq!(local.held.lock().names.len(), 2);
    }

    #[test]
    fn what_does_not_grow_goes_on_in_a_full_store_and_takes_no_new_names() {
        let local = Local::default();
        let count = |name| {
            local.write(name, |fixed: &mut Fixed, _| {
                fixed.0 += 1;
                fixed.0
            })
        };
        assert_eq!(count("a"), Ok(1));
        set(&local, "large", &"x".repeat(MOST)).unwrap();
        assert_eq!(count("a"), Ok(2));
        assert_eq!(count("b"), Err(ToolkitError::NoRoom));
    }
}
