//! What is said to a node and what it says, as plain data and text: asks and scripts, how answers are read, the
//! map of a cluster, and the settings that say where Redis is. Nothing here waits or connects.

pub(super) mod answers;
pub(super) mod asks;
pub(super) mod calls;
mod command;
mod distrust;
pub(super) mod error;
pub(super) mod map;
pub(super) mod packed;
pub(super) mod reply;
pub(super) mod run;
pub(super) mod said;
pub(super) mod scripts;
pub(super) mod settings;
pub(super) mod slots;
