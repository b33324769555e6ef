//! A value on its way to Redis, under the lease of its load.

use super::grant::Grant;
use super::request::Request;
use super::seal::{Sealed, Written, seal};
use super::store::{Kept, Loading};
use super::weigh::Payload;
use crate::boxed::boxed;
use crate::events::{Event, Unstored};
use crate::redis::{FillAsk, Filled, STORED_WRITES};

/// Stores the frame under the load's lease.
pub(super) async fn fill(request: &Request, loading: Loading, payload: Payload) -> Kept {
    let Some(redis) = &request.tiers.redis else {
        return Kept::Local {
            watch: loading.watch,
        };
    };
    let briefly = |why| {
        request.emit(Event::Unstored(why));
        Kept::Briefly {
            watch: loading.watch.clone(),
        }
    };
    let (Some(born_ms), Payload::Bytes(bytes, codec)) =
        (redis.node_ms(request.name.as_str()), payload)
    else {
        return briefly(Unstored::Outage);
    };
    let Some(mut grant) = loading.grant else {
        return briefly(Unstored::NoLease);
    };
    let stamps = std::mem::take(&mut grant.noted.stamps);
    let written = Written {
        by: grant.writer(),
        born_ms,
        load_us: loading.took_us,
        ttl_ms: loading.ttl_ms,
        stamps,
    };
    let sealed = boxed(|| seal(request, &grant, written, (bytes, codec))).await;
    let Some(Sealed { frame, life_ms }) = sealed else {
        return briefly(Unstored::Encode);
    };
    let cells = &request.tiers.cells;
    let recording = cells.record(request.subjects.first().cloned());
    let (entry, lease) = (request.name.as_str(), request.name.lease());
    let ask = FillAsk {
        lease: &lease,
        entry,
        token: grant.lease.token(),
        frame: &frame,
        ttl_ms: life_ms,
        claimed: grant.claimed.as_ref(),
    };
    match request.allowance.within(redis.fill(&ask)).await {
        Ok(Filled::Stored(vouch)) => {
            request.emit(Event::Stored { bytes: frame.len() });
            let writes = if vouch.pushes() { STORED_WRITES } else { 0 };
            // The lease held until now, so the entry was not invalidated before.
            let entry = cells.conclude(&recording, [writes]);
            let grant = *grant;
            let mut basis = grant.basis.on(loading.watch.with_entry(&entry));
            basis.also(&vouch);
            grant.lease.spent();
            Kept::Stored(basis)
        }
        Ok(Filled::Superseded) => {
            not_stored(request, *grant, Unstored::Superseded, Kept::Superseded)
        }
        Ok(Filled::Lost) => not_stored(request, *grant, Unstored::Overtaken, Kept::Overtaken),
        Err(fault) => {
            // The lease is given back by its drop.
            request.trouble("store", fault.as_str());
            briefly(Unstored::Outage)
        }
    }
}

/// Its lease was another's by then.
fn not_stored(request: &Request, grant: Grant, why: Unstored, kept: Kept) -> Kept {
    grant.lease.spent();
    request.emit(Event::Unstored(why));
    kept
}
