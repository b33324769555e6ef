#![doc = include_str!("../README.md")]

mod advice;
mod apply;
mod confidence;
mod kinds;
mod patterns;
mod rate;
mod words;

pub use advice::{Advice, Advise, Change, Effect, Figure, Item, Kind, Unit};
pub use apply::{ApplyError, LEAST_CONFIDENCE, SettingsFile};
pub use patterns::{Pattern, PatternKind, patterns};

/// The chapter of the guide, whose code must compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/src/advice.md")]
pub struct Guide;
