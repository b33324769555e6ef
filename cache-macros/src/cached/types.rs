//! The type parameters that are part of the key.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use syn::{GenericParam, Type, WherePredicate};

use super::arguments::Arguments;
use crate::function::{Function, Output, Parameter, bare, is_callable, kept, parameters, words};

/// Every type parameter but those that are skipped, by name or with the arguments that are of them.
///
/// `get<'e, E: Executor<'e>>(ex: E, id: u64)` with `skip(ex)` is one fn for a pool, a connection and
/// a transaction: with the argument its type is left out, as that of a skipped `impl Trait` is, if
/// nothing else that has a say in the key or the value names it. One inside another type, as the
/// `T` of a `&Table<T>`, stays: it may say which values there are. So does one that is called: two
/// closures are two functions.
pub(super) fn types(
    arguments: &Arguments,
    function: &Function,
    output: &Output,
    expressions: &[TokenStream],
) -> Vec<Ident> {
    let skipped_by_name = |name: &Ident| arguments.skip.contains(name);
    let all: Vec<Ident> = parameters(function)
        .into_iter()
        .filter_map(|parameter| match parameter {
            Parameter::Type(name) if !skipped_by_name(&name) => Some(name),
            _ => None,
        })
        .collect();
    let (skipped, others): (Vec<_>, Vec<_>) = function
        .arguments()
        .into_iter()
        .partition(|argument| arguments.skip.iter().any(|name| argument.is_called(name)));
    let owners: BTreeSet<String> = skipped
        .iter()
        .filter_map(|argument| owner(&argument.typed.ty))
        .map(ToString::to_string)
        .collect();
    let may_go = |name: &Ident| owners.contains(&name.to_string()) && !is_called(name, function);

    let named = others.iter().flat_map(|argument| words(&argument.typed.ty));
    let inside = skipped
        .iter()
        .filter(|argument| owner(&argument.typed.ty).is_none())
        .flat_map(|argument| words(&argument.typed.ty));
    let staying = all.iter().filter(|name| !may_go(name));
    let wanted = named
        .chain(inside)
        .chain(words(&output.ty))
        .chain(expressions.iter().flat_map(words))
        .chain(staying.map(ToString::to_string))
        .collect();
    let kept = kept(&function.signature.generics, wanted);
    let stays = |name: &Ident| kept.type_params().any(|param| param.ident == *name);
    all.into_iter().filter(stays).collect()
}

/// The `E` of an argument that is an `E`, or a reference or a pointer to one.
fn owner(ty: &Type) -> Option<&Ident> {
    match bare(ty) {
        Type::Reference(reference) => owner(&reference.elem),
        Type::Path(path) if path.qself.is_none() => match path.path.get_ident() {
            Some(name) => Some(name),
            None => owner(pointee(path.path.segments.last()?)?),
        },
        _ => None,
    }
}

fn pointee(segment: &syn::PathSegment) -> Option<&Type> {
    const POINTERS: [&str; 4] = ["Box", "Arc", "Rc", "Pin"];
    let is_pointer = POINTERS.iter().any(|pointer| segment.ident == pointer);
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(inside) if is_pointer => {
            inside.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Whether a bound says that the parameter is a function.
fn is_called(name: &Ident, function: &Function) -> bool {
    let generics = &function.signature.generics;
    let params = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) if param.ident == *name => Some(&param.bounds),
        _ => None,
    });
    let clauses = generics.where_clause.iter();
    let predicates = clauses.flat_map(|clause| &clause.predicates);
    let clauses = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(bounded) if words(&bounded.bounded_ty).contains(&name.to_string()) => {
            Some(&bounded.bounds)
        }
        _ => None,
    });
    params.chain(clauses).flatten().any(is_callable)
}
