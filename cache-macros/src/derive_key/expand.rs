//! The tokens. Nothing here can fail.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Ident, Member};

use super::bounds;
use super::model::{Body, Container, Field, Variant, Writing};
use crate::span;

/// ```text
/// // Input
/// #[derive(CacheKey)]
/// struct Features { country: String, #[cache_key(round = 2)] amount: f64 }
///
/// // Output: the fields, sorted
/// impl ::cache_runtime::CacheKey for Features {
///     fn write(&self, writer: &mut ::cache_runtime::KeyWriter) {
///         writer.__structure("Features", 2);
///         writer.__name("amount");
///         ::cache_runtime::Rounded::write_rounded(&self.amount, 2, writer);
///         writer.__name("country");
///         ::cache_runtime::CacheKey::write(&self.country, writer);
///     }
/// }
/// ```
pub(super) fn implementation(container: &Container<'_>) -> TokenStream {
    let expansion = Expansion {
        container,
        writer: Ident::new("writer", Span::mixed_site()),
    };
    let body = match &container.body {
        Body::Struct(fields) => expansion.structure(fields),
        Body::Enum(variants) => expansion.variants(variants),
    };
    expansion.implement(&bounds::bounded(container), &expansion.writer, &body)
}

/// An implementation without bounds that writes nothing, for a program that won't compile.
pub(super) fn fallback(container: &Container<'_>) -> TokenStream {
    let writer = Ident::new("_writer", Span::mixed_site());
    let expansion = Expansion { container, writer };
    expansion.implement(container.generics, &expansion.writer, &TokenStream::new())
}

struct Expansion<'a> {
    container: &'a Container<'a>,
    writer: Ident,
}

impl Expansion<'_> {
    fn implement(&self, generics: &Generics, writer: &Ident, body: &TokenStream) -> TokenStream {
        let Container { ident, runtime, .. } = self.container;
        let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
        quote_spanned! {Span::mixed_site()=>
            #[automatically_derived]
            impl #impl_generics #runtime::CacheKey for #ident #type_generics #where_clause {
                #[inline]
                fn write(&self, #writer: &mut #runtime::KeyWriter) {
                    #body
                }
            }
        }
    }

    fn structure(&self, fields: &[Field<'_>]) -> TokenStream {
        let Self { container, writer } = self;
        let name = &container.name.text;
        let kept = kept(fields);
        let count = kept.len();
        let writes = kept.iter().map(|field| {
            let member = shown_at(&field.member, field.ty.span());
            let place = span::made(field.ty.span());
            let this = Ident::new("self", place);
            self.field(
                field,
                &match container.packed {
                    // A copy, as no reference to the field may be made; what is no `Copy` is refused here.
                    true => quote_spanned!(place=> &{ #this.#member }),
                    false => quote_spanned!(place=> &#this.#member),
                },
            )
        });
        quote_spanned! {Span::mixed_site()=>
            #writer.__structure(#name, #count);
            #(#writes)*
        }
    }

    fn variants(&self, variants: &[Variant<'_>]) -> TokenStream {
        let arms = variants.iter().map(|variant| self.variant(variant));
        quote_spanned! {Span::mixed_site()=>
            match *self {
                #(#arms)*
            }
        }
    }

    fn variant(&self, variant: &Variant<'_>) -> TokenStream {
        let Self { container, writer } = self;
        let (ident, name, variant_name) = (variant.ident, &container.name.text, &variant.name.text);
        let kept = kept(&variant.fields);
        let count = kept.len();
        let members = kept.iter().map(|field| &field.member);
        let locals: Vec<_> = kept.iter().map(|field| local(&field.member)).collect();
        let writes = kept.iter().zip(&locals).map(|(field, local)| {
            let mut local = local.clone();
            local.set_span(span::made(field.ty.span()));
            self.field(field, &quote!(#local))
        });
        quote_spanned! {Span::mixed_site()=>
            Self::#ident { #(#members: ref #locals,)* .. } => {
                #writer.__variant(#name, #variant_name, #count);
                #(#writes)*
            }
        }
    }

    /// Its name and its value. The call stands at the field's type, so that a type that is no key
    /// is shown there.
    fn field(&self, field: &Field<'_>, value: &TokenStream) -> TokenStream {
        let Self { container, writer } = self;
        let runtime = span::shown_at(&container.runtime.to_token_stream(), field.ty.span());
        let name = &field.name.text;
        let span = field.ty.span().resolved_at(Span::mixed_site());
        let write = match &field.writing {
            Writing::Rounded(decimals) => quote_spanned! {span=>
                #runtime::Rounded::write_rounded(#value, #decimals, #writer);
            },
            Writing::With(path) => {
                let span = path.span().resolved_at(Span::mixed_site());
                quote_spanned!(span=> #path(#value, #writer);)
            }
            Writing::Plain | Writing::Skipped => quote_spanned! {span=>
                #runtime::CacheKey::write(#value, #writer);
            },
        };
        quote_spanned! {Span::mixed_site()=>
            #writer.__name(#name);
            #write
        }
    }
}

/// The fields that are written, in the order in which the runtime sorts them by itself: shorter
/// names first.
fn kept<'f, 'a>(fields: &'f [Field<'a>]) -> Vec<&'f Field<'a>> {
    let mut kept: Vec<_> = fields
        .iter()
        .filter(|field| !matches!(field.writing, Writing::Skipped))
        .collect();
    kept.sort_by_key(|field| (field.name.text.len(), &field.name.text));
    kept
}

/// A field's name, which says where the field's type is.
fn shown_at(member: &Member, place: Span) -> Member {
    let mut member = member.clone();
    match &mut member {
        Member::Named(name) => name.set_span(name.span().located_at(place)),
        Member::Unnamed(index) => index.span = index.span.located_at(place),
    }
    member
}

fn local(member: &Member) -> Ident {
    match member {
        Member::Named(ident) => format_ident!("field_{}", ident, span = Span::mixed_site()),
        Member::Unnamed(index) => {
            format_ident!("field_{}", index.index, span = Span::mixed_site())
        }
    }
}
