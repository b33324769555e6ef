#![doc = include_str!("../README.md")]

mod action;
mod assets;
mod bearer;
mod changes;
mod chart;
mod console;
mod finding;
mod fleet;
mod headers;
mod hosts;
mod live;
mod page;
mod probes;
mod remedies;
mod scope;
mod shown;
mod status;
mod tally;
mod view;
mod warm;
mod window;

pub use bearer::bearer;
pub use console::Console;

/// The chapter of the guide, whose code must compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/src/console.md")]
pub struct Guide;

/// The page of a cache with every option as it is unless set, as a router: [`Console::new`] and [`Console::router`].
pub fn router(cache: &cache_runtime::Cache) -> axum::Router {
    Console::new(cache).router()
}
