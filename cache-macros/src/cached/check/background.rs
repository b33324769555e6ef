//! What a fn may take whose load outlives the call: one in the background, beside a hit, or one that goes on without its
//! caller.

use syn::ReceiverKind;
use syn::visit::Visit;

use crate::cached::arguments::Arguments;
use crate::errors::Errors;
use crate::function::{Borrows, Function};

pub(super) fn check_what_outlives_the_call_is_owned(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    let (what, instead) = match () {
        () if arguments.is_in_background() => (
            "a refresh in the background",
            "write `refresh = \"caller\"`",
        ),
        () if arguments.audit.is_some() => ("the load of an audit", "remove `audit`"),
        () if arguments.detach.is_some() => ("a load with `detach`", "remove `detach`"),
        () => return,
    };
    if let Some(receiver) = function.receiver()
        && matches!(receiver.kind, ReceiverKind::Reference(..))
    {
        errors.on(
            receiver,
            format!("{what} outlives the call, so it can't borrow `self`: take `self: Arc<Self>`, or {instead}"),
        );
    }
    for argument in function.arguments() {
        let mut borrows = Borrows::default();
        borrows.visit_type(&argument.typed.ty);
        if let Some(borrow) = borrows.0 {
            errors.on(
                borrow,
                format!(
                    "{what} outlives the call, so it can't borrow: take this owned (`String` for `&str`) or in an \
                     `Arc`, or {instead}"
                ),
            );
        }
    }
}
