//! Which names a piece of an annotation mentions.

use std::collections::BTreeSet;

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

/// The identifiers in some tokens, `self` among them.
///
/// Fields (`.name`) and later path segments (`::name`) name nothing in scope and are left out; the
/// `{name}` in strings are counted, since `format!` inside an expression reads them. What is
/// counted wrongly costs the companion an argument more, never a wrong key.
pub(crate) fn mentions(tokens: impl ToTokens) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(tokens.to_token_stream(), &mut names);
    names
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut qualified = false;
    let mut before = None;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Ident(ident) if !qualified => {
                names.insert(ident.unraw().to_string());
            }
            TokenTree::Literal(literal) => collect_holes(&literal.to_string(), names),
            _ => {}
        }
        // `.name` and `::name`, but neither `..name` nor `: name`.
        let joint = before.replace(match &token {
            TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => punct.as_char(),
            _ => ' ',
        });
        qualified = match &token {
            TokenTree::Punct(punct) => match punct.as_char() {
                '.' => joint != Some('.'),
                ':' => joint == Some(':'),
                _ => false,
            },
            _ => false,
        };
    }
}

/// The names that open a `{..}` in a string literal's source.
fn collect_holes(literal: &str, names: &mut BTreeSet<String>) {
    for hole in literal.split('{').skip(1) {
        let hole = hole.strip_prefix("r#").unwrap_or(hole);
        let end = hole
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(hole.len());
        if end > 0 {
            names.insert(hole[..end].to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::mentions;

    #[test]
    fn finds_raw_names_by_what_they_say() {
        let found = mentions(quote!("{r#type}" r#move));
        assert!(
            found.contains("type") && found.contains("move"),
            "{found:?}"
        );
    }

    #[test]
    fn finds_names_but_no_fields_or_segments() {
        let found = mentions(quote!(
            a.b + c::d(&e, [f..g]) + format!("{h:?} {i}", self.j)
        ));
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["a", "c", "e", "f", "format", "g", "h", "i", "self"]);
    }
}
