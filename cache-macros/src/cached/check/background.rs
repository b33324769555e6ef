//! What a fn whose entries are refreshed in the background may take.

use syn::ReceiverKind;
use syn::visit::Visit;

use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Borrows, Function};

pub(super) fn check_background_owns_its_arguments(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    if !arguments.is_in_background() {
        return;
    }
    if let Some(receiver) = function.receiver()
        && matches!(receiver.kind, ReceiverKind::Reference(..))
    {
        errors.on(
            receiver,
            "a refresh in the background outlives the call, so it can't borrow `self`: take `self: Arc<Self>`, or write \
             `refresh = \"caller\"`",
        );
    }
    for argument in function.arguments() {
        let mut borrows = Borrows::default();
        borrows.visit_type(&argument.typed.ty);
        if let Some(borrow) = borrows.0 {
            errors.on(
                borrow,
                "a refresh in the background outlives the call, so it can't borrow: take this owned (`String` for \
                 `&str`) or in an `Arc`, or write `refresh = \"caller\"`",
            );
        }
    }
}
