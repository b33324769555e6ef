//! When an invalidation counts as done.

/// When an invalidation is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Once the master has carried it out; the default. A failover to a replica that did not have it
    /// yet is covered as well: the replica's run id differs, so it costs hits.
    #[default]
    Master,
    /// Once this many replicas have it too (`WAIT`, on a connection of its own), within
    /// [`op_timeout`](crate::CacheBuilder::op_timeout): for setups in which a node may come back with
    /// its old run id. If fewer have it in time that is an error, and the invalidation is owed.
    Replicas(u32),
}
