//! What packages on top keep for a cache: a value for each type.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

type Kept = Arc<dyn Any + Send + Sync>;

/// One value of each type that was asked for: as many as packages have such types.
#[derive(Default)]
pub(crate) struct Extensions(Mutex<Vec<Kept>>);

impl Extensions {
    /// That of this type, made now if there is none yet.
    pub(crate) fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        if let Some(found) = find(&self.0.lock()) {
            return found;
        }
        // Made without the lock, as it is code of others.
        let made = Arc::new(T::default());
        let mut all = self.0.lock();
        find(&all).unwrap_or_else(|| {
            all.push(Arc::clone(&made) as Kept);
            made
        })
    }
}

fn find<T: Send + Sync + 'static>(all: &[Kept]) -> Option<Arc<T>> {
    all.iter().find_map(|one| Arc::clone(one).downcast().ok())
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extensions({})", self.0.lock().len())
    }
}
