//! Which choices of a `#[cached]` annotation go together.

use syn::Expr;

use super::argument_names;
use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Function, Output};
use crate::policy::Given;

/// rustc would say of an argument that it is no constant; what is missed here, it still refuses.
pub(super) fn check_settings_are_of_the_fn(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let times = [
        &arguments.ttl,
        &arguments.none_ttl,
        &arguments.wait,
        &arguments.stale,
        &arguments.sliding,
        &arguments.load_timeout,
        &arguments.error_ttl,
    ];
    let times = times.into_iter().flatten().filter_map(|time| match time {
        Given::Expression(expression) => Some(expression),
        Given::Millis(..) => None,
    });
    let names = argument_names(function);
    for given in times.chain(&arguments.policy) {
        let Expr::Path(path) = given else { continue };
        if let Some(name) = path.path.get_ident()
            && names.contains(&name.to_string())
        {
            errors.on(
                name,
                format!(
                    "`{name}` is an argument, and this is the same for all calls: write a constant; how long one \
                     value is kept is told by the value, with `ttl_from`"
                ),
            );
        }
    }
}

pub(super) fn check_what_is_refreshed_is_stale(arguments: &Arguments, errors: &mut Errors) {
    let given = [
        arguments.stale_was_given,
        arguments.early_was_given,
        arguments.policy_was_given,
    ];
    let refreshes = given.contains(&true);
    if let (Some((_, place)), false) = (arguments.refresh, refreshes) {
        errors.at(
            place,
            "nothing is ever stale without `stale`, so nothing is refreshed: add `stale = \"10m\"`, or remove `refresh`",
        );
    }
}

/// What would do nothing, as the tier that it is about has no values.
pub(super) fn check_settings_are_of_a_tier(arguments: &Arguments, errors: &mut Errors) {
    let (only, given) = match arguments.only {
        Some(("Memory", _)) => (
            "memory",
            [
                "compress",
                "codec",
                "encrypt",
                "lease",
                "consistency",
                "on_outage",
            ]
            .as_slice(),
        ),
        Some(_) => ("redis", ["on_outage", "max_entries", "priority"].as_slice()),
        None => return,
    };
    for name in &arguments.given {
        if given.iter().any(|setting| name == setting) {
            let why = match only {
                "memory" => "is about Redis, and `tiers` says that the values are in memory alone",
                _ => "is about memory, and `tiers` says that the values are in Redis alone",
            };
            errors.on(name, format!("`{name}` {why}: remove one of them"));
        }
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

pub(super) fn check_none_ends_before_the_others(arguments: &Arguments, errors: &mut Errors) {
    if let (Some(Given::Millis(none, place)), Some(Given::Millis(ttl, _))) =
        (&arguments.none_ttl, &arguments.ttl)
        && none > ttl
    {
        errors.at(
            *place,
            "nothing is kept longer than `ttl`, a `None` neither: write a shorter `none_ttl`, or raise `ttl` and say \
             with `ttl_from` what ends sooner",
        );
    }
}

pub(super) fn check_what_is_forever_has_no_end(arguments: &Arguments, errors: &mut Errors) {
    let ends = arguments.ttl_from.is_some() || arguments.none_ttl.is_some();
    if ends || !arguments.ttl.as_ref().is_some_and(Given::is_forever) {
        return;
    }
    if let Some(early) = &arguments.early {
        errors.at(
            early.place(),
            "what is kept forever has no end that a refresh could come before: remove `early`, or give a `ttl`",
        );
    }
}

pub(super) fn check_what_slides_can(arguments: &Arguments, errors: &mut Errors) {
    let Some(sliding) = &arguments.sliding else {
        return;
    };
    let place = sliding.place();
    if arguments.stale_was_given {
        errors.at(
            place,
            "`sliding` and `stale` don't go together: what is used lives on, and what is not used for its `ttl` is \
             gone; remove one of them",
        );
    }
    match (&arguments.ttl, sliding) {
        (Some(ttl), _) if ttl.is_forever() => errors.at(
            place,
            "what is kept forever needs no longer life: remove `sliding`, or give a `ttl`, for which an entry lives \
             that is not used",
        ),
        (Some(Given::Millis(ttl, _)), Given::Millis(longest, _)) if longest <= ttl => errors.at(
            place,
            "`sliding` is the longest that an entry lives, and must be longer than `ttl`, by which each use lengthens \
             it: as `ttl = \"30m\", sliding = \"24h\"`",
        ),
        _ => {}
    }
}

pub(super) fn check_there_are_errors_to_remember(
    arguments: &Arguments,
    output: &Output,
    errors: &mut Errors,
) {
    if let (Some(time), false) = (&arguments.error_ttl, arguments.is_fallible(output)) {
        errors.at(
            time.place(),
            "this fn returns no error that could be remembered: return a `Result` (add `fallible` if it is one under \
             another name), or remove `error_ttl`; how long a `None` is kept is `none_ttl`",
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
