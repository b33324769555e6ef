//! What there is to generate, with all attributes understood.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{
    Attribute, Data, DeriveInput, Expr, Generics, Ident, Index, Member, Path, Type, parenthesized,
    parse_quote, token,
};

use super::attributes::{Attributes, Place};
use super::ctxt::Ctxt;

/// The type that is derived for.
pub(super) struct Container<'a> {
    pub(super) ident: &'a Ident,
    pub(super) generics: &'a Generics,
    pub(super) name: Name,
    /// Where the runtime is.
    pub(super) runtime: Path,
    /// Whether it is `#[repr(packed)]`: its fields can't be borrowed where they stand.
    pub(super) packed: bool,
    pub(super) body: Body<'a>,
}

pub(super) enum Body<'a> {
    Struct(Vec<Field<'a>>),
    Enum(Vec<Variant<'a>>),
}

pub(super) struct Variant<'a> {
    pub(super) ident: &'a Ident,
    pub(super) name: Name,
    pub(super) fields: Vec<Field<'a>>,
}

pub(super) struct Field<'a> {
    pub(super) member: Member,
    pub(super) name: Name,
    pub(super) ty: &'a Type,
    pub(super) writing: Writing,
}

/// A name as it stands in keys, and where it was said.
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}

/// How a field is written.
pub(super) enum Writing {
    Plain,
    Skipped,
    /// To so many decimals.
    Rounded(u8),
    /// By a fn of the user's.
    With(Expr),
}

impl<'a> Container<'a> {
    pub(super) fn from_ast(ctxt: &Ctxt, input: &'a DeriveInput) -> Self {
        let attributes = Attributes::parse(ctxt, &input.attrs, Place::Container);
        let body = match &input.data {
            Data::Struct(data) => Body::Struct(fields(ctxt, &data.fields)),
            Data::Enum(data) => Body::Enum(
                data.variants
                    .iter()
                    .map(|variant| Variant::from_ast(ctxt, variant))
                    .collect(),
            ),
            Data::Union(data) => {
                ctxt.error(
                    data.union_token,
                    "a union can't be a cache key, for nothing says which field is in use; \
                     make it an enum, or implement `CacheKey` by hand",
                );
                Body::Struct(Vec::new())
            }
        };
        Self {
            ident: &input.ident,
            generics: &input.generics,
            name: attributes.rename.unwrap_or_else(|| Name::of(&input.ident)),
            runtime: attributes
                .runtime
                .unwrap_or_else(|| parse_quote!(::cache_runtime)),
            packed: input.attrs.iter().any(is_packed),
            body,
        }
    }

    /// Every field of every variant.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field<'a>> {
        let lists: Vec<&[Field<'a>]> = match &self.body {
            Body::Struct(fields) => vec![fields],
            Body::Enum(variants) => variants.iter().map(|variant| &*variant.fields).collect(),
        };
        lists.into_iter().flatten()
    }
}

/// `#[repr(packed)]` or `#[repr(C, packed(2))]`
fn is_packed(attribute: &Attribute) -> bool {
    let mut packed = false;
    if attribute.path().is_ident("repr") {
        // What can't be read here, rustc refuses.
        let _ = attribute.parse_nested_meta(|meta| {
            packed |= meta.path.is_ident("packed");
            if meta.input.peek(token::Paren) {
                let number;
                parenthesized!(number in meta.input);
                number.parse::<TokenStream>()?;
            }
            Ok(())
        });
    }
    packed
}

impl<'a> Variant<'a> {
    fn from_ast(ctxt: &Ctxt, variant: &'a syn::Variant) -> Self {
        let attributes = Attributes::parse(ctxt, &variant.attrs, Place::Variant);
        Self {
            ident: &variant.ident,
            name: attributes
                .rename
                .unwrap_or_else(|| Name::of(&variant.ident)),
            fields: fields(ctxt, &variant.fields),
        }
    }
}

impl Name {
    fn of(ident: &Ident) -> Self {
        Self {
            text: ident.unraw().to_string(),
            span: ident.span(),
        }
    }
}

fn fields<'a>(ctxt: &Ctxt, fields: &'a syn::Fields) -> Vec<Field<'a>> {
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let attributes = Attributes::parse(ctxt, &field.attrs, Place::Field);
            let (member, name) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), Name::of(ident)),
                None => {
                    let index = Index::from(index);
                    let name = Name {
                        text: index.index.to_string(),
                        span: index.span,
                    };
                    (Member::Unnamed(index), name)
                }
            };
            Field {
                member,
                name: attributes.rename.unwrap_or(name),
                ty: &field.ty,
                writing: attributes.writing,
            }
        })
        .collect()
}
