//! Tests of frames, by concern.

mod codecs;
mod zoo;
