//! What must hold, and what must be seen for that to mean something.

use super::state::Set;
use super::steps::World;

/// Something that a state led to, so that the property is not kept by nothing happening.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Mark {
    /// Memory served a value that Redis has, or had.
    Hit,
    /// And one newer than an acknowledged invalidation.
    HitOfNewer,
    /// Memory served a value that is not in Redis.
    BriefHit,
    Pushed,
    /// A value came that memory did not keep, as something it rests on was invalidated.
    NotKept,
    Stored,
    /// A store was refused.
    Refused,
    /// The lease was not given as there is another entry than the one found invalid.
    AnotherEntry,
    BucketChanged,
    LateFill,
    LateDelete,
    Owed,
    /// A heartbeat vouched for less, as an own invalidation was under way.
    HeldBack,
    Joined,
    Promoted,
    Verified,
    /// The sentinels, asked again, named another master than the one that had answered.
    Refuted,
    /// They did so of a connection in use.
    Replaced,
    /// An older value was returned that is not covered by the guarantee.
    Excused,
}

/// The marks that were seen.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Marks(u32);

impl Marks {
    pub(crate) fn set(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u8;
    }

    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u8) != 0
    }
}

impl World<'_> {
    /// The guarantee: what a call returns is of a load that began after each invalidation that was
    /// acknowledged (and is due in its process) before the call began had begun.
    pub(crate) fn judge_return(&mut self, value: Set, required: Set) {
        self.state.broken |= !value.covers(required);
    }
}
