//! Every state of the consistency protocol, explored.
//!
//! A model of two processes, their connections and one Redis with one entry and one tag, and a
//! breadth-first search through every order in which things can happen. It proves, within the bounds
//! of each exploration, the guarantee of the library: *after an invalidation returned `Ok`, a call
//! that begins later returns only a value whose load began after the invalidation began*; at once in
//! the process that invalidated and for `strong` callers, in another process once the lag has passed.
//! And it shows of each rule that the guarantee needs it: without the rule the search finds a stale
//! read. A failover to another server is explored in a smaller world of its own, `failover`.
//! `README.md` beside this has the bounds, the rules and how to read a trace.
//!
//! # What is abstracted, and why that is sound
//!
//! **Time.** There is no clock. An invalidation that returned becomes *due* by a step of its own, at
//! any time after: the moment at which `lag` has passed since. What the protocol limits to `lag`
//! after some event ends at the latest with the first invalidation that returned after that event and
//! is due. So of each such event the state keeps which invalidations had returned before it (`since`,
//! `vouched`), and the step ends whatever lacks the one that is due: a connection's word that rests on a
//! heartbeat sent before, a copy kept briefly whose load began before, a flight that is limited. That
//! is the latest moment the real times allow, and each real run has its due steps in the real order.
//! That things also end earlier needs no step, as a call may pass memory and flights by at any time.
//!
//! **Values** are what had been invalidated when their load began; the guarantee asks for no more.
//!
//! **Ids, tokens and stamps** are random and never used twice, and compared only with what Redis
//! holds; each is the bit *it is the one in Redis*. Cells are the bit *not flipped* of who rests on
//! them. So nothing is counted, and calls, loads, evictions and reconnections are unbounded.
//!
//! **The network.** Requests are executed in any order and at any later time (the real order of one
//! connection is one of these; only a deletion that timed out stays before its retry, which needs
//! it). Pushes and answers keep their order; tasks run at any time after their answer. A lost
//! connection takes what is in its queue with it, and a store or a deletion on it may still be
//! executed. A heartbeat is sent and executed in one step, which lets it vouch for more than it does.
//!
//! **Own writes** are not told to who made them (`NOLOOP`), or, in the `told` settings, are: behind the
//! answer to a plain command, before that of a script's pipeline, which ends with a read. A caller that
//! counts its writes is one whose own cells they leave alone.
//!
//! **Pushes of the lease** are left out where nothing needs them, and so are pushes on which nothing
//! rests at the time: they could only drop more, and nothing has to be served from memory.
//!
//! **Not modelled:** stale windows, more tags or a namespace (a tag without a site's choice), the
//! nodes of a cluster, RESP2, the loss of Redis' data (all stamps then are of another run), errors of loads (a
//! dropped caller is one), disk, what a put is told that another superseded. A supervisor's task is
//! taken to see within `lag` that its node says to be no master.

mod bounds;
mod caller;
mod explore;
mod failover;
mod process;
mod property;
mod queue;
mod state;
mod steps;
mod variants;

#[cfg(test)]
mod tests;
