//! What must hold between `#[cache_event(..)]` and the type. [`check`] lists every rule.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

use super::attribute::Attribute;
use crate::errors::Errors;
use crate::nearest::among;

/// Every rule; each notes its own mistakes.
pub(super) fn check(input: &DeriveInput, attribute: &Attribute, errors: &mut Errors) {
    check_it_has_a_name(input, attribute, errors);
    check_it_is_one_form(input, errors);
    check_templates(input, attribute, errors);
}

fn check_it_has_a_name(input: &DeriveInput, attribute: &Attribute, errors: &mut Errors) {
    if attribute.name.is_none() && (!attribute.is_there || errors.is_empty()) {
        errors.on(
            &input.ident,
            "an event needs a name: add `#[cache_event(\"entity.updated\", invalidates = [\"entity:{entity_id}\"])]`",
        );
    }
}

/// Under one name there is one type.
fn check_it_is_one_form(input: &DeriveInput, errors: &mut Errors) {
    match &input.data {
        Data::Struct(_) => {}
        Data::Enum(data) => errors.on(
            data.enum_token,
            "an event is one thing that happened: make each variant a struct with a name of its own",
        ),
        Data::Union(data) => errors.on(
            data.union_token,
            "a union can't be an event, for nothing says which field is in use: make it a struct",
        ),
    }
    if !input.generics.params.is_empty() {
        errors.on(
            &input.generics,
            "an event has one form, which every process reads by its name: remove the parameters",
        );
    }
}

/// Every hole of the tags' templates begins with a field.
fn check_templates(input: &DeriveInput, attribute: &Attribute, errors: &mut Errors) {
    let Data::Struct(data) = &input.data else {
        return;
    };
    if let (Fields::Unnamed(fields), true) = (&data.fields, has_holes(attribute)) {
        errors.on(
            fields,
            "a template names the fields of an event, and these have no names: give them some",
        );
        return;
    }
    let fields = data.fields.iter().filter_map(|field| field.ident.as_ref());
    let fields: Vec<String> = fields.map(|field| field.unraw().to_string()).collect();
    for template in &attribute.invalidates {
        for hole in template.holes() {
            let head = hole.head.unraw();
            if !fields.contains(&head.to_string()) {
                let hint = among(&fields, &head);
                let message = format!("`{{{head}}}` names no field of this event{hint}");
                errors.at(template.literal.span(), message);
            }
        }
    }
}

fn has_holes(attribute: &Attribute) -> bool {
    let mut templates = attribute.invalidates.iter();
    templates.any(|template| template.holes().next().is_some())
}
