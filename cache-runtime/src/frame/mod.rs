//! Frames: an entry as bytes.
