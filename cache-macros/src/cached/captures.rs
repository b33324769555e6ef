//! Which of the fn's arguments a closure of the annotation names.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprClosure, ExprPath, Ident, Lit, Macro, PatIdent, Token};

use crate::mentions::mentions;

/// Those of some names that a closure uses and does not bind itself, each once, with its first place.
pub(super) fn captured(closure: &ExprClosure, names: &[String]) -> Vec<(String, Span)> {
    let mut found = Names::default();
    found.visit_expr_closure(closure);
    found.perhaps.clear();
    found.among(names)
}

/// Those, and any that stand in a macro which may read them or not, as a pattern of `matches!`.
pub(super) fn perhaps_captured(closure: &ExprClosure, names: &[String]) -> Vec<(String, Span)> {
    let mut found = Names::default();
    found.visit_expr_closure(closure);
    found.among(names)
}

/// The names that a closure binds anywhere in it, and those it uses.
#[derive(Default)]
struct Names {
    bound: BTreeSet<String>,
    used: Vec<(String, Span)>,
    perhaps: Vec<(String, Span)>,
}

impl Names {
    fn bind(&mut self, name: &Ident) {
        self.bound.insert(name.unraw().to_string());
    }

    fn among(self, names: &[String]) -> Vec<(String, Span)> {
        let mut among: Vec<(String, Span)> = Vec::new();
        for (name, place) in self.used.into_iter().chain(self.perhaps) {
            let is_known = among.iter().any(|(known, _)| *known == name);
            if !is_known && names.contains(&name) && !self.bound.contains(&name) {
                among.push((name, place));
            }
        }
        among
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.bind(&pattern.ident);
        syn::visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Some(name) = path.path.get_ident() {
            self.used.push((name.unraw().to_string(), name.span()));
        }
    }

    /// Of a macro, what reads as the arguments of a call, as those of `format!` and `vec!` do.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(arguments) = call.parse_body_with(parser) else {
            // Of others, whatever is a name in them.
            let place = call.tokens.span();
            let names = mentions(&call.tokens).into_iter();
            self.perhaps.extend(names.map(|name| (name, place)));
            return;
        };
        let mut inside = Self::default();
        for argument in &arguments {
            match argument {
                Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => {
                    let place = literal.span();
                    let holes = mentions(literal).into_iter();
                    inside.used.extend(holes.map(|name| (name, place)));
                }
                // `format!("{id}", id = value.id)`
                Expr::Assign(assign) => {
                    if let Expr::Path(name) = &*assign.left
                        && let Some(name) = name.path.get_ident()
                    {
                        inside.bind(name);
                    }
                    inside.visit_expr(&assign.right);
                }
                argument => inside.visit_expr(argument),
            }
        }
        self.bound.extend(inside.bound);
        self.used.extend(inside.used);
        self.perhaps.extend(inside.perhaps);
    }
}
