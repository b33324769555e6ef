//! When an invalidation counts as done.

/// When an invalidation is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Once the master has carried it out. A failover to a replica that had not yet got it is
    /// covered as well: its run id differs, so it costs hits. The default.
    #[default]
    Master,
    /// Once so many replicas have it too (`WAIT`, on a connection of its own), within
    /// [`op_timeout`](super::CacheBuilder::op_timeout): for setups in which a node may come back without
    /// its run id being new. Fewer in time is an error, and the invalidation is owed.
    Replicas(u32),
}
