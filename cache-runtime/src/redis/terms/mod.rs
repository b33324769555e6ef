//! What the rest of the cache and the Redis tier say to each other: asks, answers, faults and news, as plain
//! data that names no client. A build without the feature `redis` has this much of it.

pub(super) mod answers;
pub(super) mod asks;
pub(super) mod fault;
pub(super) mod news;
pub(super) mod said;
