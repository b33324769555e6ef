use std::cell::RefCell;
use std::fmt::Display;

use quote::ToTokens;

/// Gathers mistakes, so that all of them are reported at once.
#[derive(Debug, Default)]
pub(super) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    /// Adds a mistake, shown at `tokens`.
    pub(super) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(super) fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// All mistakes as one error, if there was any.
    pub(super) fn check(self) -> syn::Result<()> {
        let all = self
            .errors
            .into_inner()
            .into_iter()
            .reduce(|mut all, error| {
                all.combine(error);
                all
            });
        all.map_or(Ok(()), Err)
    }
}
