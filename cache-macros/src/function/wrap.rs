//! The parts of an expansion that every annotation shares: the user's body and the fn around it.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::FnArg;

use super::{Form, Function, Output};

/// The body as a block that owns the arguments: they drop with it, in the order the plain fn has.
pub(crate) fn body(function: &Function, output: &Output, used: &BTreeSet<String>) -> TokenStream {
    body_beside(function, output, used, None)
}

/// The body, with more before it that it is given beside its arguments.
pub(crate) fn body_beside(
    function: &Function,
    output: &Output,
    used: &BTreeSet<String>,
    beside: Option<&TokenStream>,
) -> TokenStream {
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
    let body = match function.body.as_ref().is_some_and(may_not_end) {
        // What stands behind a body that never ends is no dead code of its author's.
        true => quote_spanned! {Span::mixed_site()=>
            match ::core::option::Option::None::<#ty> {
                ::core::option::Option::None => #body,
                ::core::option::Option::Some(__value) => __value,
            }
        },
        false => body,
    };
    quote_spanned! {Span::mixed_site()=>
        async move {
            #(#rebound)*
            #beside
            #never
            #[allow(clippy::diverging_sub_expression, clippy::let_unit_value)]
            let __value: #ty = #body;
            __value
        }
    }
}

/// Whether a body seems to leave before its end: by a `return`, a loop or a panic. Its tokens are not parsed, as they may
/// be half typed.
fn may_not_end(body: &Group) -> bool {
    const PANICS: [&str; 4] = ["todo", "unimplemented", "panic", "unreachable"];
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let is = |token: &TokenTree, text: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == text);
    let end = tokens
        .iter()
        .rposition(|token| !is(token, ';'))
        .map_or(0, |last| last + 1);
    let last = &tokens[..end];
    let begins = last
        .iter()
        .rposition(|token| is(token, ';'))
        .map_or(0, |before| before + 1);
    let statement = last[begins..].iter();
    let words: Vec<String> = statement
        .filter_map(|token| match token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        })
        .collect();
    let leaves = |stream: TokenStream| super::words(stream).contains("return");
    let ends_in_block = matches!(last.last(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && leaves(group.stream()));
    let has = |word: &str| words.iter().any(|other| other == word);
    has("return") || has("loop") || PANICS.iter().any(|panic| has(panic)) || ends_in_block
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
