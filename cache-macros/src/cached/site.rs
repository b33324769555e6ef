//! The site of a fn: what tells it from all others, and its instances from one another.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use super::model::Cached;
use crate::function::text;

/// The site and the fn item whose type name tells which item encloses it.
pub(super) fn site(model: &Cached, role: &str) -> TokenStream {
    let private = &model.private;
    let name = model.function.signature.ident.unraw().to_string();
    let namespace = match &model.arguments.namespace {
        Some(namespace) => namespace.to_token_stream(),
        None => {
            quote_spanned!(Span::mixed_site()=> ::core::concat!(::core::module_path!(), "::", #name))
        }
    };
    let stated = |text: &Option<LitStr>| match text {
        Some(text) => quote_spanned!(Span::mixed_site()=> ::core::option::Option::Some(#text)),
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
    };
    let (id, shape) = (stated(&model.arguments.id), stated(&model.arguments.shape));
    let version = model.arguments.version.unwrap_or(1);
    let parts = model.parts.iter().map(|part| &part.name);
    let named_self = model.names_self();
    let (role, text) = (format_ident!("{role}"), text(&model.function));
    let origin = quote_spanned! {Span::call_site()=>
        place: ::core::concat!(::core::file!(), ":", ::core::line!(), ":", ::core::column!()),
        text: #text,
    };
    quote_spanned! {Span::mixed_site()=>
        fn __here() {}
        static __SITE: #private::Site = #private::Site::new(#private::Spec {
            function: #name,
            namespace: #namespace,
            id: #id,
            shape: #shape,
            version: #version,
            parts: &[#(#parts),*],
            named_self: #named_self,
            module: ::core::module_path!(),
            origin: #private::Origin { #origin },
            role: #private::Role::#role,
        });
    }
}

/// The site with the type parameters of this instance.
pub(super) fn at(model: &Cached) -> TokenStream {
    let own = model
        .names_self()
        .then(|| quote_spanned!(Span::mixed_site()=> ::core::marker::PhantomData<Self>,));
    let (private, types) = (&model.private, &model.types);
    let types = quote_spanned! {Span::mixed_site()=>
        ::core::marker::PhantomData::<(#own #(::core::marker::PhantomData<#types>,)*)>
    };
    let types = model.unnamed().into_iter().fold(types, |types, argument| {
        let local = argument.local;
        quote_spanned!(Span::mixed_site()=> #private::also(#types, &#local))
    });
    let likeness = likeness(model);
    quote_spanned!(Span::mixed_site()=> __SITE.at(__here, #types).compared(#likeness))
}

/// With what its values can be compared, as far as their type has it.
fn likeness(model: &Cached) -> TokenStream {
    let (private, mode, ty) = (&model.private, model.mode(), &model.output.ty);
    quote_spanned! {Span::mixed_site()=>
        {
            #[allow(unused_imports)]
            use #private::{NotEqual as _, NotShown as _};
            let __compare = #private::Compare::<#mode, #ty>::new();
            #private::Likeness { equal: __compare.__equality(), text: __compare.__debug_text() }
        }
    }
}
