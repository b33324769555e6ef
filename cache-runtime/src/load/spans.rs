//! Spans of what a call does beyond a hit, at the level of debugging and with the target `cache`. Each is a child of what
//! the caller is in: a trace shows `cache.miss`, below it `cache.load` with all that the body does, then `cache.fill`.

use tracing::{Span, debug_span};

use super::request::Request;

/// All that a call does which leads, and found nothing fresh.
pub(super) fn miss(request: &Request) -> Span {
    let (namespace, function) = of(request);
    debug_span!(target: "cache", "cache.miss", namespace, function)
}

/// A run of the body.
pub(super) fn load(request: &Request) -> Span {
    let (namespace, function) = of(request);
    debug_span!(target: "cache", "cache.load", namespace, function)
}

/// What is done with the value of a load: its tags, its bytes, the store in Redis.
pub(super) fn fill(request: &Request) -> Span {
    let (namespace, function) = of(request);
    debug_span!(target: "cache", "cache.fill", namespace, function)
}

/// A run of the body that is compared with what a call was served.
pub(super) fn audit(request: &Request) -> Span {
    let (namespace, function) = of(request);
    debug_span!(target: "cache", "cache.audit", namespace, function)
}

fn of(request: &Request) -> (&str, &str) {
    (&request.namespace, &request.site.path)
}
