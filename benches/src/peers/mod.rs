//! What people would use in its place, each as its own documentation shows it.

pub(crate) mod cached;
pub(crate) mod foyer;
pub(crate) mod hitbox;
pub(crate) mod moka;
