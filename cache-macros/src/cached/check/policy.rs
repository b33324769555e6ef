//! Which choices of a `#[cached]` annotation go together.

use crate::cached::arguments::Arguments;
use crate::errors::Errors;

pub(super) fn check_what_is_refreshed_is_stale(arguments: &Arguments, errors: &mut Errors) {
    if let (Some((_, place)), false) = (arguments.refresh, arguments.stale_was_given) {
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
