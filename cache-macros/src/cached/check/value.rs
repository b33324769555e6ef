//! What the value of a `#[cached]` fn must be.

use syn::visit::Visit;
use syn::{GenericArgument, PathArguments, Type};

use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Borrows, Function, Output, bare, parameters};

pub(super) fn check_value_is_owned(output: &Output, errors: &mut Errors) {
    let mut borrows = Borrows::default();
    borrows.visit_type(&output.ty);
    if let Some(borrow) = borrows.0 {
        errors.on(
            borrow,
            "a cached value outlives the call, so it can't borrow: return it owned (`String` for `&str`) or in an `Arc`",
        );
    } else if let Some(reference) = kept_reference(&output.ty) {
        errors.on(
            reference,
            "what is read back from Redis is a new value, and no reference that lives for ever: return it owned \
             (`String` or `Cow<'static, str>` for text) or in an `Arc`, as `Arc<str>`",
        );
    }
}

/// The first reference that is a value of the type, or of what std's containers in it hold. An error
/// is never kept, and may be one; so may what other types do with a parameter.
fn kept_reference(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        reference @ Type::Reference(_) => Some(reference),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(kept_reference),
        Type::Array(array) => kept_reference(&array.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(inside) = &last.arguments else {
                return None;
            };
            let mut types = inside.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            match last.ident.to_string().as_str() {
                "Result" => kept_reference(types.next()?),
                "Option" | "Box" | "Arc" | "Rc" | "Vec" | "VecDeque" | "BTreeMap" | "BTreeSet"
                | "HashMap" | "HashSet" => types.find_map(kept_reference),
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn check_fallible_is_a_result(
    arguments: &Arguments,
    output: &Output,
    errors: &mut Errors,
) {
    if arguments.fallible == Some(true) && output.is_surely_no_result() {
        errors.on(
            &output.ty,
            "`fallible` says that this is a `Result` under another name, and it is none: remove `fallible`",
        );
    }
}

pub(super) fn check_value_has_a_name(function: &Function, output: &Output, errors: &mut Errors) {
    let Type::Path(path) = bare(&output.ty) else {
        return;
    };
    let generic = path.path.get_ident().filter(|name| {
        parameters(function)
            .iter()
            .any(|param| param.name() == *name)
    });
    if let Some(name) = generic {
        errors.on(
            name,
            format!(
                "`{name}` could be a `Result` or a plain value, and the two are cached differently: \
                 return `Result<{name}, _>`, `Option<{name}>` or another named type"
            ),
        );
    }
}
