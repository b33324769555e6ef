//! A thread that starts, one that can't, and timers.

use std::time::Instant;

use super::*;

#[cfg(feature = "redis")]
mod stopped;

#[test]
fn a_timer_ends_on_any_executor_and_not_before_its_time() {
    let bare = Builder::new_current_thread().build().unwrap();
    let (start, ms) = (Instant::now(), Duration::from_millis);
    bare.block_on(sleep(ms(20)));
    assert_eq!(
        bare.block_on(timeout(ms(20), pending::<()>())),
        Err(TimedOut)
    );
    assert_eq!(bare.block_on(timeout(ms(20), async { 7 })), Ok(7));
    assert!(start.elapsed() >= ms(40));
}

#[test]
fn where_the_system_has_no_thread_the_next_use_tries_again() {
    let thread = OnceCell::new();
    let none = || Err(io::ErrorKind::WouldBlock.into());
    assert_eq!(started(&thread, none).unwrap_err(), NoThread);
    let handle = started(&thread, start).unwrap();
    let name = handle.spawn(async { thread::current().name().map(str::to_owned) });
    let bare = Builder::new_current_thread().build().unwrap();
    assert_eq!(bare.block_on(name).unwrap().as_deref(), Some(NAME));
}
