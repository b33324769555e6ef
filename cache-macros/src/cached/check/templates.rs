//! The holes of templates: each names an argument.

use syn::ext::IdentExt;

use super::argument_names;
use crate::cached::arguments::Arguments;
use crate::cached::values::Key;
use crate::errors::Errors;
use crate::function::Function;
use crate::nearest::among;
use crate::tags::Tag;
use crate::template::Template;

pub(super) fn check_templates(arguments: &Arguments, function: &Function, errors: &mut Errors) {
    if let Some(Key::Readable(template)) = &arguments.key {
        check_template_names(template, function, errors);
    }
    check_tags(&arguments.tags, function, errors);
}

/// Every hole of the tags' templates begins with an argument.
pub(crate) fn check_tags(tags: &[Tag], function: &Function, errors: &mut Errors) {
    for tag in tags {
        if let Tag::Template(template) = tag {
            check_template_names(template, function, errors);
        }
    }
}

fn check_template_names(template: &Template, function: &Function, errors: &mut Errors) {
    let all = argument_names(function);
    for hole in template.holes() {
        let head = hole.head.unraw();
        if !all.contains(&head.to_string()) {
            let message = format!(
                "`{{{head}}}` names no argument of this fn{}",
                among(&all, &head)
            );
            errors.at(template.literal.span(), message);
        }
    }
}
