//! The cached fn: the key, a look in memory; else the tags, the body once, one call.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use super::hooks;
use super::model::Cached;
use super::owner;
use super::serving;
use super::site::{compare, site};
use super::tags::{beside, tags, told_tags};
use super::values::Key;
use crate::borrow::borrowed;
use crate::function::{body_beside, wrapped};
use crate::span;
use crate::template::Piece;

/// The fn with the cache in front of its body.
pub(super) fn function(model: &Cached) -> TokenStream {
    let private = &model.private;
    let site = site(model);
    let (key, compare) = (key(model), compare(model));
    let (keeps, guard) = (keeps(model), guard(model));
    let named =
        named(model).map(|named| quote_spanned!(Span::mixed_site()=> let __call = __call #named;));
    let mut mentioned = model.mentioned();
    mentioned.extend(serving::mentioned(model));
    let (lent, told, tags) = (model.lent(&mentioned), told_tags(model), tags(model));
    let older = serving::older(model);
    let (replaced, given) = older.unzip();
    let body = body_beside(&model.function, &model.output, &mentioned, given.as_ref());
    let owned = owner::owned(model, &body);
    let (reloads, look, serves) = (
        serving::reloads(model),
        serving::look(model),
        serving::serves(model),
    );
    // The user's value fails the bounds of this call: shown at the return type.
    let load = serving::load(model, &hooks::of_load(model));
    let load = quote_spanned!(span::made(model.output.ty.span())=> #load.await);
    let statements = quote_spanned! {Span::mixed_site()=>
        #site
        #keeps
        #guard
        #private::budget().await;
        #lent
        #reloads
        #told
        #[allow(clippy::used_underscore_binding)]
        let __call = {
            #compare
            #key
            match #look {
                #private::Lookup::Hit(__value) => return __value,
                #private::Lookup::Miss(__call) => __call,
            }
        };
        #named
        #tags
        #serves
        #replaced
        let __load = #owned;
        #load
    };
    wrapped(&model.function, &model.output, statements)
}

/// `let mut __key = ..;` and each part.
pub(super) fn key(model: &Cached) -> TokenStream {
    let private = &model.private;
    let parts = model.parts.iter().map(|part| {
        let value = borrowed(&part.value, part.place);
        let private = span::shown_at(private, part.place);
        let write = match part.is_pattern {
            true => quote_spanned!(span::made(part.place)=> #private::taken_apart),
            false => quote_spanned!(span::made(part.place)=> #private::part),
        };
        quote_spanned!(span::made(part.place)=> #write(&mut __key, #value);)
    });
    let runtime = &model.runtime;
    let beside: Vec<_> = model
        .tags_beside_key()
        .map(|(index, tag, shown)| beside(model, index, tag, shown))
        .collect();
    let written = !model.parts.is_empty() || !beside.is_empty();
    let mutable = written.then(|| quote_spanned!(Span::mixed_site()=> mut));
    quote_spanned! {Span::mixed_site()=>
        let #mutable __key = #runtime::KeyWriter::new();
        #(#parts)*
        #(#beside)*
    }
}

/// Where it is found that settings do not go together which only a constant's value tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Here,
    Elsewhere,
}

/// What the annotation allows, as a reference to a constant.
pub(super) fn policy(model: &Cached, checked: Checked) -> TokenStream {
    let policy = policy_value(model, checked);
    quote_spanned!(span::made(model.base.place())=> const { &#policy })
}

/// What the annotation allows, as an expression that a constant can evaluate.
pub(super) fn policy_value(model: &Cached, checked: Checked) -> TokenStream {
    let called = |method: &'static str| match checked {
        Checked::Here => method,
        Checked::Elsewhere => method.trim_start_matches("checked_"),
    };
    let (place, arguments) = (model.base.place(), &model.arguments);
    let private = &span::shown_at(&model.private, place);
    let base = model.base.tokens(private);
    let choices = [
        ("compress", "compression", arguments.compress),
        ("codec", "Codec", arguments.codec),
        ("encrypt", "encryption", arguments.encrypt),
        ("lease", "Lease", arguments.lease),
        ("consistency", "Consistency", arguments.consistency),
        ("on_outage", "OnOutage", arguments.on_outage),
        ("checked_only", "Tier", arguments.only),
        ("priority", "Priority", arguments.priority),
        (
            "refresh",
            "Refresh",
            arguments.refresh.or(model.base.refresh()),
        ),
    ];
    let chosen = choices.into_iter().filter_map(|(method, kind, choice)| {
        let (name, place) = choice?;
        let span = span::made(place);
        let [method, kind, name] =
            [called(method), kind, name].map(|word| format_ident!("{word}", span = span));
        Some(quote_spanned!(span::made(place)=> .#method(#private::#kind::#name)))
    });
    let durations = [
        ("wait_ms", &arguments.wait),
        ("checked_stale_ms", &arguments.stale),
        ("load_timeout_ms", &arguments.load_timeout),
        ("error_ttl_ms", &arguments.error_ttl),
        // After `stale`, which it is compared with.
        ("checked_sliding_ms", &arguments.sliding),
    ];
    let durations = durations.into_iter().filter_map(|(method, given)| {
        let method = format_ident!("{}", called(method), span = Span::mixed_site());
        let millis = given.as_ref()?.millis(private);
        Some(quote_spanned!(Span::mixed_site()=> .#method(#millis)))
    });
    let numbers = [
        ("checked_early", &arguments.early),
        ("checked_jitter", &arguments.jitter),
        ("checked_audit", &arguments.audit),
        ("checked_cost_per_load", &arguments.cost_per_load),
    ];
    let numbers = numbers.into_iter().filter_map(|(method, given)| {
        let (method, number) = (format_ident!("{}", called(method)), given.as_ref()?);
        Some(quote_spanned!(span::made(number.place())=> .#method(#number)))
    });
    let sizes = [
        ("max_value", &arguments.max_value),
        ("checked_max_entries", &arguments.max_entries),
    ];
    let sizes = sizes.into_iter().filter_map(|(method, given)| {
        let (method, given) = (format_ident!("{}", called(method)), given.as_ref()?);
        Some(quote_spanned!(span::made(given.span())=> .#method(#given)))
    });
    let owner = match (arguments.is_detachable(), model.base.shared(), checked) {
        (true, ..) => Some(quote_spanned!(Span::mixed_site()=> .owned())),
        (false, Some(policy), Checked::Here) => {
            Some(quote_spanned!(span::made(policy.span())=> .borrowing()))
        }
        (false, ..) => None,
    };
    quote_spanned! {span::made(place)=>
        #base #(#chosen)* #(#durations)* #(#numbers)* #(#sizes)* #owner
    }
}

/// The `Cache` that the annotation names, if it does.
pub(super) fn cache(model: &Cached) -> TokenStream {
    crate::cache::chosen(model.arguments.cache.as_ref(), &model.runtime)
}

/// `.named(..)`: the readable name, where `key` is a literal.
pub(super) fn named(model: &Cached) -> Option<TokenStream> {
    let Some(Key::Readable(template)) = &model.arguments.key else {
        return None;
    };
    let private = &model.private;
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => quote_spanned!(span::made(template.literal.span())=> .text(#text)),
        Piece::Hole(hole) => {
            let value = hole.shown(&template.literal);
            quote_spanned!(span::made(template.literal.span())=> .part(#value))
        }
    });
    Some(quote_spanned!(Span::mixed_site()=> .named(#private::Name::new() #(#pieces)*)))
}

/// Refuses a `Result` under another name, which a plain fn would store errors of.
fn guard(model: &Cached) -> Option<TokenStream> {
    if model.is_fallible() || model.arguments.fallible.is_some() {
        return None;
    }
    let ty = &model.output.ty;
    let private = span::shown_at(&model.private, ty.span());
    Some(quote_spanned! {span::made(ty.span())=>
        {
            use #private::NotResult as _;
            #private::keeps_all(#private::Probe::<#ty>::new().kind());
        }
    })
}

/// Refuses a value that can't be cached.
pub(super) fn keeps(model: &Cached) -> TokenStream {
    let (mode, ty) = (model.mode(), &model.output.ty);
    let private = span::shown_at(&model.private, ty.span());
    quote_spanned! {span::made(ty.span())=>
        #private::keeps::<#mode, #ty>();
    }
}
