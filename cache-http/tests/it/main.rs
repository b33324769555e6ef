//! The layers on real servers: one binary.
