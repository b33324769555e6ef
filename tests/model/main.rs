//! model
mod bounds;
mod explore;
mod property;
mod queue;
mod state;
mod steps;
mod variants;
mod tests;

