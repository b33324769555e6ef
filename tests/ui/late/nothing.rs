//! No mistake: with one that passes among them, trybuild builds the others to the end.

fn main() {}
