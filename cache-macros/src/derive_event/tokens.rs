//! The implementation of `CacheEvent`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, LitStr};

use super::attribute::Attribute;
use crate::span;
use crate::template::Template;

pub(super) fn implementation(input: &DeriveInput, attribute: &Attribute) -> TokenStream {
    let toolkit = toolkit(attribute);
    let tags = attribute.invalidates.iter();
    let tags: Vec<_> = tags.map(|tag| made(tag, input, &toolkit)).collect();
    written(input, attribute, &toolkit, &tags)
}

/// One that invalidates nothing.
pub(super) fn stand_in(input: &DeriveInput, attribute: &Attribute) -> TokenStream {
    written(input, attribute, &toolkit(attribute), &[])
}

fn written(
    input: &DeriveInput,
    attribute: &Attribute,
    toolkit: &TokenStream,
    tags: &[TokenStream],
) -> TokenStream {
    let ident = &input.ident;
    let (own, types, clause) = input.generics.split_for_impl();
    let name = attribute.name.clone();
    let name = name.unwrap_or_else(|| LitStr::new("", ident.span()));
    quote_spanned! {span::made(ident.span())=>
        #[automatically_derived]
        impl #own #toolkit::CacheEvent for #ident #types #clause {
            const NAME: &'static str = #name;

            fn invalidates(&self) -> ::std::vec::Vec<#toolkit::__private::Tag> {
                ::std::vec![#(#tags),*]
            }
        }
    }
}

/// `{ let entity_id = &self.entity_id; Tag::format(format_args!("entity:{}", entity_id)) }`
fn made(tag: &Template, input: &DeriveInput, toolkit: &TokenStream) -> TokenStream {
    let place = span::made(tag.literal.span());
    let mut heads: Vec<&Ident> = Vec::new();
    for hole in tag.holes() {
        if !heads.iter().any(|head| head.unraw() == hole.head.unraw()) {
            heads.push(&hole.head);
        }
    }
    let lent = heads.into_iter().filter_map(|head| {
        let field = field(input, head)?;
        Some(quote_spanned!(place=> let #head = &self.#field;))
    });
    let args = tag.format_args();
    quote_spanned!(place=> { #(#lent)* #toolkit::__private::Tag::format(#args) })
}

/// The field that a hole names, as its struct has it.
fn field<'a>(input: &'a DeriveInput, head: &Ident) -> Option<&'a Ident> {
    let Data::Struct(data) = &input.data else {
        return None;
    };
    let mut fields = data.fields.iter().filter_map(|field| field.ident.as_ref());
    fields.find(|field| field.unraw() == head.unraw())
}

/// Where the toolkit is: `crate = path`, else `::cache_toolkit`.
fn toolkit(attribute: &Attribute) -> TokenStream {
    match &attribute.runtime {
        Some(path) => path.to_token_stream(),
        None => quote_spanned!(Span::mixed_site()=> ::cache_toolkit),
    }
}
