//! The rules that take more than one attribute to break.

use super::ctxt::Ctxt;
use super::model::{Body, Container, Field, Name, Writing};

pub(super) fn check(ctxt: &Ctxt, container: &Container<'_>) {
    match &container.body {
        Body::Struct(fields) => check_field_names(ctxt, fields),
        Body::Enum(variants) => {
            check_distinct(
                ctxt,
                "variants",
                variants.iter().map(|variant| &variant.name),
            );
            for variant in variants {
                check_field_names(ctxt, &variant.fields);
            }
        }
    }
}

fn check_field_names(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let kept = fields
        .iter()
        .filter(|field| !matches!(field.writing, Writing::Skipped));
    check_distinct(ctxt, "fields", kept.map(|field| &field.name));
}

/// Two of one name could swap their values and leave the key as it is.
fn check_distinct<'n>(ctxt: &Ctxt, what: &str, names: impl Iterator<Item = &'n Name>) {
    let mut seen: Vec<&Name> = Vec::new();
    for name in names {
        if seen.iter().any(|earlier| earlier.text == name.text) {
            ctxt.push(syn::Error::new(
                name.span,
                format!(
                    "two {what} are named `{}` in the key; rename one of them",
                    name.text
                ),
            ));
        }
        seen.push(name);
    }
}
