//! The site of a fn: what tells it from all others, and its instances from one another.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;

use super::listed;
use super::model::Cached;
use crate::function::text;

/// The site of the fn itself, which is listed with all that are linked in.
pub(super) fn site(model: &Cached) -> TokenStream {
    let private = &model.private;
    let (constant, policy) = listed::policy_of_site(model).unzip();
    let (written, generic) = (listed::written(model), listed::generic(model));
    let facts = quote_spanned!(Span::mixed_site()=> #written #generic #policy);
    let site = declared(model, "of_function", &facts);
    quote_spanned! {Span::mixed_site()=>
        #constant
        #site
        #private::inventory::submit! { #private::Linked::new(&__SITE, &__here) }
    }
}

/// The site of the companion, which finds the same entries.
pub(super) fn site_of_companion(model: &Cached) -> TokenStream {
    declared(model, "of_companion", &TokenStream::new())
}

/// The site and the fn item whose type name tells which item encloses it.
fn declared(model: &Cached, role: &str, facts: &TokenStream) -> TokenStream {
    let private = &model.private;
    let name = model.function.signature.ident.unraw().to_string();
    let namespace = match &model.arguments.namespace {
        Some(namespace) => namespace.to_token_stream(),
        None => {
            quote_spanned!(Span::mixed_site()=> ::core::concat!(::core::module_path!(), "::", #name))
        }
    };
    let stated = |text: &Option<LitStr>, method: &str| {
        let (text, method) = (text.as_ref()?, format_ident!("{method}"));
        Some(quote_spanned!(Span::mixed_site()=> .#method(#text)))
    };
    let [id, shape] = [
        stated(&model.arguments.id, "id"),
        stated(&model.arguments.shape, "shape"),
    ];
    let version = (model.arguments.version)
        .map(|version| quote_spanned!(Span::mixed_site()=> .version(#version)));
    let own = (model.names_self()).then(|| quote_spanned!(Span::mixed_site()=> .naming_self()));
    let parts = model.parts.iter().map(|part| &part.name);
    let (role, text) = (format_ident!("{role}"), text(&model.function));
    let place = quote_spanned! {Span::call_site()=>
        ::core::concat!(::core::file!(), ":", ::core::line!(), ":", ::core::column!())
    };
    quote_spanned! {Span::mixed_site()=>
        fn __here() {}
        static __SITE: #private::Site = #private::Spec::new(#name, #namespace, &[#(#parts),*])
            #id #shape #version #own #facts
            .#role(::core::module_path!(), #place, #text);
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
    let compared = quote_spanned! {Span::mixed_site()=>
        .compared(__compare.__equality(), __compare.__debug_text())
    };
    quote_spanned!(Span::mixed_site()=> __SITE.at(__here, #types)#compared)
}

/// With what its values can be compared, as far as their type has it.
pub(super) fn compare(model: &Cached) -> TokenStream {
    let (private, mode, ty) = (&model.private, model.mode(), &model.output.ty);
    quote_spanned! {Span::mixed_site()=>
        use #private::{NotEqual as _, NotShown as _};
        let __compare = #private::Compare::<#mode, #ty>::new();
    }
}
