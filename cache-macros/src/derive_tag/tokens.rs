//! `From<T>` and `From<&T>` for `Tag`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, Path, parse_quote_spanned};

use super::Shape;
use crate::function::words;
use crate::{settings, span};

/// The implementations; of no shapes, ones that are never reached.
pub(super) fn implementations(
    input: &DeriveInput,
    shapes: &[Shape<'_>],
    runtime: Option<Path>,
) -> TokenStream {
    let runtime = settings::runtime(runtime);
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let parameters: Vec<String> = (generics.type_params())
        .map(|parameter| parameter.ident.to_string())
        .collect();
    for field in shapes.iter().flat_map(|shape| shape.fields) {
        let ty = &field.ty;
        if words(ty).iter().any(|word| parameters.contains(word)) {
            let shown = parse_quote_spanned!(ty.span()=> #ty: ::core::fmt::Display);
            generics.make_where_clause().predicates.push(shown);
        }
    }
    let (own, types, clause) = generics.split_for_impl();
    let mut borrowed = generics.clone();
    borrowed
        .params
        .insert(0, parse_quote_spanned!(Span::mixed_site()=> '__a));
    let (lent, _, _) = borrowed.split_for_impl();
    let arms = shapes.iter().map(|shape| arm(shape, &runtime));
    let text = match shapes.is_empty() {
        true => quote_spanned!(Span::mixed_site()=> { let _ = __tag; ::core::unreachable!() }),
        false => quote_spanned!(Span::mixed_site()=> match __tag { #(#arms)* }),
    };
    quote_spanned! {span::made(ident.span())=>
        #[automatically_derived]
        impl #lent ::core::convert::From<&'__a #ident #types> for #runtime::Tag #clause {
            #[allow(clippy::pattern_type_mismatch)]
            fn from(__tag: &'__a #ident #types) -> Self {
                #text
            }
        }

        #[automatically_derived]
        impl #own ::core::convert::From<#ident #types> for #runtime::Tag #clause {
            fn from(__tag: #ident #types) -> Self {
                ::core::convert::From::from(&__tag)
            }
        }
    }
}

/// `Self::User(a, b) => Tag::format(format_args!("user:{}:{}", ..)),`
fn arm(shape: &Shape<'_>, runtime: &TokenStream) -> TokenStream {
    // What can't be shown is told at the field's type.
    let bound = shape
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| format_ident!("__{index}", span = span::made(field.ty.span())));
    let bound: Vec<_> = bound.collect();
    let parts = bound.iter().zip(shape.fields).map(|(bound, field)| {
        let place = field.ty.span();
        let private = span::shown_at(runtime, place);
        quote_spanned!(span::made(place)=> let #bound = #private::__private::tag_part(#bound);)
    });
    let form = shape.name.value() + &":{}".repeat(bound.len());
    let pattern = match shape.fields {
        Fields::Named(fields) => {
            let names = fields.named.iter().map(|field| &field.ident);
            quote_spanned!(Span::mixed_site()=> { #(#names: #bound),* })
        }
        Fields::Unnamed(_) => quote_spanned!(Span::mixed_site()=> (#(#bound),*)),
        Fields::Unit => TokenStream::new(),
    };
    let path = match shape.variant {
        Some(variant) => quote_spanned!(Span::mixed_site()=> ::#variant),
        None => TokenStream::new(),
    };
    let owner = shape.owner;
    quote_spanned! {Span::mixed_site()=>
        #owner #path #pattern => {
            #(#parts)*
            #runtime::Tag::format(::core::format_args!(#form #(, #bound)*))
        }
    }
}
