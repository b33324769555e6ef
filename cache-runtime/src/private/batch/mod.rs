//! Calls of a function that loads many values at once: each has an entry of its own, and the body runs once with those
//! that no tier has.

mod ask;
mod call;
mod look;
mod many;

pub use ask::{Again, Asked, Common, OfNothing, again, hit, missed, of_found, shared_entry};
pub use call::Batch;
pub use look::{Id, Ids, batch};
pub use many::{Divides, Holds, ItemOf, Many};
