//! Compression of a payload as its site says, with a note of what it makes of it: now and then also of what it would.

use std::sync::Arc;

use super::request::Request;
use crate::clock::Stopwatch;
use crate::frame;
use crate::policy::Compression;
use crate::sketch::Sketch;

/// Of how many values that are not compressed one is, only to see.
const TRIED: u64 = 64;

/// How a payload is compressed.
pub(super) struct Squeeze {
    wanted: Compression,
    sketch: Option<Arc<Sketch>>,
    is_tried: bool,
}

impl Squeeze {
    /// Of a request's payload of so many bytes.
    pub(super) fn of(request: &Request, len: usize) -> Self {
        let wanted = request.policy.compression;
        let sketch = request.counters.sketch().map(Arc::clone);
        let before = sketch.as_ref().map(|sketch| sketch.sealed(len));
        let is_tried = before.is_some_and(|before| before.is_multiple_of(TRIED));
        Self {
            wanted,
            is_tried: is_tried && wanted == Compression::None,
            sketch,
        }
    }

    pub(super) fn payload(&self, bytes: Vec<u8>) -> (Compression, Vec<u8>) {
        let (clock, before) = (Stopwatch::start(), bytes.len());
        let tried = match self.is_tried {
            true => frame::tried(&bytes),
            false => None,
        };
        let (compression, payload) = frame::compress(bytes, self.wanted);
        let is_compressed = self.wanted != Compression::None && frame::is_compressed(before);
        let after = tried.or(is_compressed.then_some(payload.len()));
        if let (Some(sketch), Some(after)) = (&self.sketch, after) {
            sketch.compressed((before, after), clock.elapsed());
        }
        (compression, payload)
    }
}
