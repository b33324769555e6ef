//! What compiles, and what each mistake in an annotation says.

mod fail;
#[expect(
    clippy::all,
    clippy::allow_attributes,
    dead_code,
    unreachable_pub,
    reason = "cases are what users write, and little of it is called"
)]
mod pass;
