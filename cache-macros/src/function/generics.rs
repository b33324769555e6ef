//! The fn's generic parameters: which are in the key, which the companion keeps.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{GenericParam, Generics, Ident, WherePredicate};

use super::Function;

/// A generic parameter that has a say in the key.
pub(crate) enum Parameter {
    Type(Ident),
    Const(Ident),
}

impl Parameter {
    pub(crate) fn name(&self) -> &Ident {
        match self {
            Self::Type(name) | Self::Const(name) => name,
        }
    }
}

/// The type and const parameters, in order.
pub(crate) fn parameters(function: &Function) -> Vec<Parameter> {
    let params = function.signature.generics.params.iter();
    params
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(Parameter::Type(param.ident.clone())),
            GenericParam::Const(param) => Some(Parameter::Const(param.ident.clone())),
            GenericParam::Lifetime(_) => None,
        })
        .collect()
}

/// The generics with only those parameters that the wanted names, and the bounds of these, need.
pub(crate) fn kept(generics: &Generics, mut wanted: BTreeSet<String>) -> Generics {
    loop {
        let before = wanted.len();
        let stay = generics
            .params
            .iter()
            .filter(|param| wanted.contains(&name(param)));
        let bounds: Vec<String> = stay.flat_map(words).collect();
        wanted.extend(bounds);
        if wanted.len() == before {
            break;
        }
    }
    let all: BTreeSet<String> = generics.params.iter().map(name).collect();
    let stays = |predicate: &&WherePredicate| {
        let named: BTreeSet<String> = words(predicate).intersection(&all).cloned().collect();
        named.is_subset(&wanted)
    };
    let mut kept = generics.clone();
    kept.params = generics
        .params
        .iter()
        .filter(|param| wanted.contains(&name(param)))
        .cloned()
        .collect();
    if kept.params.is_empty() {
        (kept.lt_token, kept.gt_token) = (None, None);
    }
    if let Some(clause) = &mut kept.where_clause {
        clause.predicates = clause.predicates.iter().filter(stays).cloned().collect();
        if clause.predicates.is_empty() {
            kept.where_clause = None;
        }
    }
    kept
}

fn name(param: &GenericParam) -> String {
    match param {
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => param.ident.to_string(),
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
    }
}

/// Every identifier and lifetime in some tokens.
pub(crate) fn words(tokens: impl ToTokens) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut pending = vec![tokens.to_token_stream()];
    while let Some(stream) = pending.pop() {
        let mut tick = "";
        for token in stream {
            match &token {
                proc_macro2::TokenTree::Group(group) => pending.push(group.stream()),
                proc_macro2::TokenTree::Ident(ident) => {
                    found.insert(format!("{tick}{ident}"));
                }
                _ => {}
            }
            tick = match &token {
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '\'' => "'",
                _ => "",
            };
        }
    }
    found
}
