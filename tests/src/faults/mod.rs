//! The fault suite: what callers see while a server, its network or its cluster fails.
//!
//! For each fault it starts servers, calls annotated functions through them in this process beside
//! the same functions without a cache, lets the fault strike, and measures every call.

mod arguments;
mod driver;
mod origin;
mod play;
mod row;
mod scene;
mod sites;
mod table;
mod tally;
mod verdict;

pub use arguments::{Arguments, Order, USAGE};
pub use row::Row;
pub use table::Table;

/// Plays the rows one after the other, and tells of each as soon as it is over.
pub async fn run(arguments: &Arguments, mut tell: impl FnMut(&Table)) -> Table {
    let mut table = Table::default();
    for row in &arguments.rows {
        let outcome = play::play(*row, &arguments.spans).await;
        table.add(*row, outcome);
        tell(&table);
    }
    table
}
