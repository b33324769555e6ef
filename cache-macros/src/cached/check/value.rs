//! What the value of a `#[cached]` fn must be.

use syn::Type;
use syn::visit::Visit;

use crate::errors::Errors;
use crate::function::{Borrows, Function, Output, bare, parameters};

pub(super) fn check_there_is_a_value(function: &Function, output: &Output, errors: &mut Errors) {
    if matches!(bare(&output.ty), Type::Tuple(unit) if unit.elems.is_empty()) {
        let message = "this fn returns nothing, so there is nothing to cache: return a value, or remove `#[cached]`";
        match &function.signature.output {
            syn::ReturnType::Default => errors.on(&function.signature.ident, message),
            syn::ReturnType::Type(..) => errors.on(&output.ty, message),
        }
    }
}

pub(super) fn check_value_is_owned(output: &Output, errors: &mut Errors) {
    let mut borrows = Borrows::default();
    borrows.visit_type(&output.ty);
    if let Some(borrow) = borrows.0 {
        errors.on(
            borrow,
            "a cached value outlives the call, so it can't borrow: return it owned (`String` for `&str`) or in an `Arc`",
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
