//! Figures that add up: those of a namespace's functions to its own, those of processes to the fleet's.

use std::collections::BTreeMap;

/// What two of its kind add up to.
pub(crate) trait Sum {
    fn add(&mut self, other: &Self);
}

impl Sum for u64 {
    fn add(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }
}

impl Sum for BTreeMap<String, u64> {
    fn add(&mut self, other: &Self) {
        for (name, count) in other {
            match self.get_mut(name) {
                Some(sum) => sum.add(count),
                None => drop(self.insert(name.clone(), *count)),
            }
        }
    }
}

/// A struct whose fields add up one by one, and which another process can read: a field that it does not know is
/// passed over, one that is missing is zero.
macro_rules! sums {
    (
        $(#[$of_struct:meta])*
        pub struct $name:ident {
            $( $(#[$of_field:meta])* pub $field:ident: $type:ty, )+
        }
    ) => {
        $(#[$of_struct])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$of_field])* pub $field: $type, )+
        }

        impl $crate::events::sums::Sum for $name {
            fn add(&mut self, other: &Self) {
                $( $crate::events::sums::Sum::add(&mut self.$field, &other.$field); )+
            }
        }

        impl std::ops::AddAssign<&Self> for $name {
            fn add_assign(&mut self, other: &Self) {
                $crate::events::sums::Sum::add(self, other);
            }
        }
    };
}

pub(crate) use sums;
