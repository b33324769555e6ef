//! The closures of `tags_from`, `cache_if` and `ttl_from` are given the loaded value, and see nothing else of the
//! call.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprClosure, ExprPath, Ident, Lit, Macro, PatIdent, Token};

use super::argument_names;
use crate::cached::arguments::{Arguments, CACHE_IF, OfValue, TAGS_FROM, TTL_FROM};
use crate::errors::Errors;
use crate::function::Function;
use crate::mentions::mentions;

pub(super) fn check_closures_see_the_value_alone(
    arguments: &Arguments,
    function: &Function,
    errors: &mut Errors,
) {
    for (given, what) in [
        (&arguments.tags_from, TAGS_FROM),
        (&arguments.cache_if, CACHE_IF),
        (&arguments.ttl_from, TTL_FROM),
    ] {
        if let Some(Expr::Closure(closure)) = given {
            check_closure(closure, &what, function, errors);
        }
    }
}

fn check_closure(closure: &ExprClosure, what: &OfValue, function: &Function, errors: &mut Errors) {
    if let Some(asyncness) = &closure.asyncness {
        errors.on(
            asyncness,
            format!(
                "`{}` looks at a value that is there, without waiting: remove `async`",
                what.name
            ),
        );
    }
    if closure.inputs.len() != 1 {
        errors.at(
            closure.inputs_begin.span(),
            "this closure is given the loaded value and nothing else: write `|value| ..`",
        );
    }
    check_closure_captures_nothing(closure, what, function, errors);
}

/// rustc would say that a closure is no fn pointer; what is missed here, it still refuses.
fn check_closure_captures_nothing(
    closure: &ExprClosure,
    what: &OfValue,
    function: &Function,
    errors: &mut Errors,
) {
    let mut names = Names::default();
    names.visit_expr_closure(closure);
    let arguments = argument_names(function);
    let captured = names
        .used
        .iter()
        .find(|(name, _)| arguments.contains(name) && !names.bound.contains(name));
    if let Some((name, place)) = captured {
        errors.at(
            *place,
            format!(
                "`{}` sees the loaded value alone, and `{name}` is an argument: {}",
                what.name, what.instead
            ),
        );
    }
}

/// The names that a closure binds anywhere in it, and those it uses.
#[derive(Default)]
struct Names {
    bound: BTreeSet<String>,
    used: Vec<(String, proc_macro2::Span)>,
}

impl Names {
    fn bind(&mut self, name: &Ident) {
        self.bound.insert(name.unraw().to_string());
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
    }
}
