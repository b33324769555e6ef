//! Which choices of a `#[cached]` annotation go together.

use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::Output;

pub(super) fn check_what_is_refreshed_is_stale(arguments: &Arguments, errors: &mut Errors) {
    let refreshes = arguments.stale_was_given || arguments.early_was_given;
    if let (Some((_, place)), false) = (arguments.refresh, refreshes) {
        errors.at(
            place,
            "nothing is ever stale without `stale`, so nothing is refreshed: add `stale = \"10m\"`, or remove `refresh`",
        );
    }
}

pub(super) fn check_nothing_unchecked_is_strong(arguments: &Arguments, errors: &mut Errors) {
    if let (Some(("Strong", _)), Some(("Serve", place))) =
        (arguments.consistency, arguments.on_outage)
    {
        errors.at(
            place,
            "`consistency = \"strong\"` serves nothing that Redis did not just confirm, in an outage neither: \
             remove `on_outage`, or write `consistency = \"bounded\"`",
        );
    }
}

pub(super) fn check_timeout_has_an_error(
    arguments: &Arguments,
    output: &Output,
    errors: &mut Errors,
) {
    if let (Some(limit), false) = (&arguments.load_timeout, arguments.is_fallible(output)) {
        errors.at(
            limit.place(),
            "a load that takes too long is an error, and this fn returns none: return a `Result` whose error is \
             `From<cache_runtime::LoadTimeout>` (add `fallible` if it is one under another name), or remove `load_timeout`",
        );
    }
}
