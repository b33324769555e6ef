//! The parts of an expansion that every annotation shares: the user's body and the fn around it.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::FnArg;

use super::{Form, Function, Output};

/// The body as a block that owns the arguments: they drop with it, in the order the plain fn has.
pub(crate) fn body(function: &Function, output: &Output, used: &BTreeSet<String>) -> TokenStream {
    let rebound = function
        .arguments()
        .into_iter()
        .map(|argument| argument.rebound(used));
    let (ty, body) = (&output.ty, &function.body);
    let body = match output.form {
        Form::Async => body.to_token_stream(),
        Form::Boxed => called(function),
    };
    let never = ends_the_type(output);
    quote_spanned! {Span::mixed_site()=>
        async move {
            #(#rebound)*
            #never
            #[allow(clippy::diverging_sub_expression, clippy::let_unit_value)]
            let __value: #ty = #body;
            __value
        }
    }
}

/// The future that a boxed fn makes. Its body stands in a closure of the fn's return type: `return`,
/// and arms with a future each, mean there what they mean in the fn.
fn called(function: &Function) -> TokenStream {
    let (returned, body) = (&function.signature.output, &function.body);
    quote_spanned! {Span::mixed_site()=>
        (move || #returned #body)().await
    }
}

/// A return that is never taken: it fixes the block's type, so `return` and `?` coerce as written.
fn ends_the_type(output: &Output) -> TokenStream {
    let ty = &output.ty;
    quote_spanned! {Span::mixed_site()=>
        if let ::core::option::Option::Some(__value) = ::core::option::Option::None::<#ty> {
            return __value;
        }
    }
}

/// The fn with other statements for its body.
///
/// The braces carry the user's span: with one of the macro's own, rustc takes the fn for generated
/// code and drops its author's `dead_code` warnings.
pub(crate) fn wrapped(
    function: &Function,
    output: &Output,
    statements: TokenStream,
) -> TokenStream {
    let statements = match output.form {
        Form::Async => statements,
        Form::Boxed => {
            quote_spanned!(Span::mixed_site()=> ::std::boxed::Box::pin(async move { #statements }))
        }
    };
    let mut braces = Group::new(Delimiter::Brace, statements);
    if let Some(body) = &function.body {
        braces.set_span(body.span());
    }
    let (attributes, visibility) = (&function.attributes, &function.visibility);
    let mut signature = function.signature.clone();
    let mut arguments = function.arguments().into_iter();
    for input in &mut signature.inputs {
        if let FnArg::Typed(typed) = input
            && let Some(argument) = arguments.next()
        {
            *typed = argument.declared();
        }
    }
    let mut tokens = TokenStream::new();
    attributes
        .iter()
        .for_each(|attribute| attribute.to_tokens(&mut tokens));
    visibility.to_tokens(&mut tokens);
    signature.to_tokens(&mut tokens);
    braces.to_tokens(&mut tokens);
    tokens
}
