//! The attributes and derives of `cache-runtime`, which re-exports them.
