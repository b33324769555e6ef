//! What `encrypt` may be: where its feature is missing the compiler names it.

#[cfg(feature = "encrypt")]
pub const ON: bool = true;

pub const OFF: bool = false;
