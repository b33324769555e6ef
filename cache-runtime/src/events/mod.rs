//! What the cache tells of itself.
