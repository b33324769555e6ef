//! What any annotated fn must be, whichever annotation it bears.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Lifetime, ReturnType, Safety, Type, TypeImplTrait, TypeReference};

use super::output::bare;
use super::{Function, Output};
use crate::errors::Errors;

/// The rules for every annotated fn.
pub(crate) fn check_function(annotation: &str, function: &Function, errors: &mut Errors) {
    check_modifiers(annotation, function, errors);
    check_body(annotation, function, errors);
    check_arguments(function, errors);
    check_future(annotation, function, errors);
}

fn check_modifiers(annotation: &str, function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    if let Some(constness) = &signature.constness {
        errors.on(
            constness,
            format!("a `const fn` can't wait for a cache: remove `const` or `#[{annotation}]`"),
        );
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.on(
            unsafety,
            format!(
                "`#[{annotation}]` can't keep the promises of an `unsafe fn`: wrap it in a safe one"
            ),
        );
    }
    if let Some(abi) = &signature.abi {
        errors.on(
            abi,
            format!("`#[{annotation}]` goes on plain Rust fns: remove `extern`, or wrap the fn"),
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(
            variadic,
            format!("`#[{annotation}]` can't pass on variadic arguments: name each one"),
        );
    }
}

fn check_body(annotation: &str, function: &Function, errors: &mut Errors) {
    if function.body.is_none() {
        errors.on(
            &function.signature.ident,
            format!("this fn has no body: put `#[{annotation}]` on its implementations"),
        );
    }
}

fn check_arguments(function: &Function, errors: &mut Errors) {
    for argument in function.arguments() {
        for attribute in &argument.typed.attrs {
            if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                errors.on(
                    attribute,
                    "an argument that comes and goes can't be in a key: put the `cfg` on the fn",
                );
            }
        }
    }
}

fn check_future(annotation: &str, function: &Function, errors: &mut Errors) {
    if Output::of(function).is_some() {
        return;
    }
    let message = format!(
        "`#[{annotation}]` goes on an `async fn`, or on a fn that returns `Pin<Box<dyn Future<Output = ..>>>`: \
         write `async fn`, and put what blocks into `tokio::task::spawn_blocking`"
    );
    match &function.signature.output {
        ReturnType::Type(_, ty) if matches!(bare(ty), Type::ImplTrait(_)) => errors.on(ty, message),
        _ => errors.on(function.signature.fn_token, message),
    }
}

/// The rules for a return type that generated code must be able to name.
pub(crate) fn check_returns(output: &Output, errors: &mut Errors) {
    if matches!(bare(&output.ty), Type::Never(_)) {
        errors.on(
            &output.ty,
            "this fn never returns, so there is nothing to wait for: remove the annotation",
        );
    }
    let mut found = ImplTraits(None);
    found.visit_type(&output.ty);
    if let Some(written) = found.0 {
        errors.on(
            written,
            "an `impl Trait` can't be named where the value is kept: return a concrete type",
        );
    }
}

/// The first `impl Trait` in a type.
struct ImplTraits(Option<TypeImplTrait>);

impl<'ast> Visit<'ast> for ImplTraits {
    fn visit_type_impl_trait(&mut self, written: &'ast TypeImplTrait) {
        self.0.get_or_insert_with(|| written.clone());
    }
}

/// Borrows in a type that outlive no call: references, and lifetimes but `'static`.
#[derive(Default)]
pub(crate) struct Borrows(pub(crate) Option<proc_macro2::TokenStream>);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => {
                syn::visit::visit_type_reference(self, reference)
            }
            _ => {
                self.0.get_or_insert_with(|| reference.to_token_stream());
            }
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    // `fn(&str)` borrows nothing: its lifetimes are its own.
    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
}
