//! Causes that are counted one by one: each a variant, a counter and a public figure, in one list.

use std::sync::atomic::{AtomicU64, Ordering};

use super::sums::sums;

/// An enum of causes and the figures of their counts.
macro_rules! causes {
    (
        $(#[doc = $cause_doc:literal])+ $cause:ident,
        $(#[doc = $stats_doc:literal])+ $stats:ident {
            $( $(#[doc = $doc:literal])+ $variant:ident => $field:ident, )+
        }
    ) => {
        $(#[doc = $cause_doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $cause {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl $cause {
            /// How many causes there are.
            pub(super) const COUNT: usize = [$( stringify!($variant) ),+].len();
        }

        sums! {
            $(#[doc = $stats_doc])+
            pub struct $stats {
                $( $(#[doc = $doc])+ pub $field: u64, )+
            }
        }

        impl $stats {
            /// The sum over all causes.
            #[must_use]
            pub fn total(&self) -> u64 {
                [$( self.$field ),+].into_iter().fold(0, u64::saturating_add)
            }

            pub(super) fn of(counts: &[AtomicU64; $cause::COUNT]) -> Self {
                Self {
                    $( $field: counts[$cause::$variant as usize].load(Ordering::Relaxed), )+
                }
            }
        }
    };
}

causes! {
    /// Why a read found nothing to serve.
    Miss,
    /// Why reads found nothing to serve.
    MissStats {
        /// No entry was there.
        Absent => absent,
        /// Its ttl was over.
        Expired => expired,
        /// It, its tag or its namespace was invalidated, or its stamp was lost.
        Invalidated => invalidated,
        /// Its bytes could not be read: foreign, cut, corrupt or of another shape.
        Unreadable => unreadable,
        /// Redis was not asked, or did not answer, and what memory had was not vouched for.
        Outage => outage,
        /// A fresh load was asked for.
        Refresh => refresh,
        /// A fresh value was there, and the call was drawn to refresh it before its end.
        Early => early,
        /// A value was there, and `valid_if` refused it for the call's arguments. It was counted as a hit.
        Refused => refused,
    }
}

causes! {
    /// Why a loaded value was returned and not stored.
    Unstored,
    /// Why loaded values were not stored.
    UnstoredStats {
        /// An invalidation, or the end of the lease, came between.
        Overtaken => overtaken,
        /// The value was over `max_value`.
        TooLarge => too_large,
        /// The value's `Serialize` failed, or its codec has no form for it; a line in the log says why.
        Encode => encode,
        /// Redis was out of reach.
        Outage => outage,
        /// The load had no lease: it had waited too long for another's, or loaded for itself after the
        /// leader failed.
        NoLease => no_lease,
        /// Its function says `encrypt` and the cache has no key.
        NoKey => no_key,
        /// Memory refused it: it is larger than a shard.
        Memory => memory,
        /// A tag that `tags_from` gave is empty, or its `Display` failed.
        Tag => tag,
        /// With the tags that `tags_from` gave it would have more than 1,024.
        TooManyTags => too_many_tags,
        /// `cache_if`, `ttl_from` or `none_ttl` says that it is not to be kept.
        Unwanted => unwanted,
        /// A later put took the place of this put or refresh.
        Superseded => superseded,
    }
}

causes! {
    /// Why a call ran without the cache.
    Uncached,
    /// Why calls ran without the cache.
    UncachedStats {
        /// It was inside a [`bypass`](crate::bypass).
        Bypassed => bypassed,
        /// The cache is off by its settings, or closed.
        Off => off,
        /// The settings file turns its function off.
        TurnedOff => turned_off,
        /// Its function can't be told from another, or from itself at another type.
        Indistinct => indistinct,
        /// An argument could not be written into the key.
        UnwritableKey => unwritable_key,
        /// Its namespace or one of its tags is refused: it is empty, too long, or has a control character or a brace.
        BadName => bad_name,
        /// It has more than 1,024 tags.
        TooManyTags => too_many_tags,
    }
}
