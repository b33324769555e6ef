//! `#[derive(CacheTag)]`: a type whose values are tags, each its name and what its fields show.

mod name;
mod tokens;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path};

use crate::errors::Errors;
use crate::span;

/// One shape of the type: a struct, or a variant.
struct Shape<'a> {
    owner: &'a Ident,
    /// None for a struct.
    variant: Option<&'a Ident>,
    /// What the tag begins with.
    name: LitStr,
    fields: &'a Fields,
}

/// The implementations, or every mistake at once.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let own = Attributes::read(&input.attrs, true, &mut errors);
    let shapes = shapes(&input, &own, &mut errors);
    check_names_differ(&shapes, &mut errors);
    match errors.finish() {
        Ok(()) => tokens::implementations(&input, &shapes, own.runtime),
        // With a stand-in, so that whoever uses the type as a tag gets no second error.
        Err(error) => {
            let stand_in = tokens::implementations(&input, &[], own.runtime);
            let error = error.into_compile_error();
            quote_spanned!(span::made(input.ident.span())=> #error #stand_in)
        }
    }
}

fn shapes<'a>(input: &'a DeriveInput, own: &Attributes, errors: &mut Errors) -> Vec<Shape<'a>> {
    match &input.data {
        Data::Struct(data) => vec![Shape {
            owner: &input.ident,
            variant: None,
            name: (own.rename.clone()).unwrap_or_else(|| name::of_type(&input.ident)),
            fields: &data.fields,
        }],
        Data::Enum(data) => {
            if let Some(rename) = &own.rename {
                errors.on(
                    rename,
                    "an enum's tags begin with the names of its variants: rename these",
                );
            }
            let shapes = data.variants.iter().map(|variant| {
                let given = Attributes::read(&variant.attrs, false, errors);
                Shape {
                    owner: &input.ident,
                    variant: Some(&variant.ident),
                    name: (given.rename).unwrap_or_else(|| name::of_variant(&variant.ident)),
                    fields: &variant.fields,
                }
            });
            shapes.collect()
        }
        Data::Union(data) => {
            errors.on(
                data.union_token,
                "a union can't be a tag, for nothing says which field is in use: make it an enum",
            );
            Vec::new()
        }
    }
}

/// Two variants of one name would be one tag.
fn check_names_differ(shapes: &[Shape<'_>], errors: &mut Errors) {
    for (index, shape) in shapes.iter().enumerate() {
        let mut before = shapes[..index].iter();
        if before.any(|other| other.name.value() == shape.name.value()) {
            errors.at(
                shape.name.span(),
                format!(
                    "two variants begin their tags with `{}`: rename one of them, as `#[cache_tag(rename = \"..\")]`",
                    shape.name.value()
                ),
            );
        }
    }
}

/// `#[cache_tag(..)]` of one place.
#[derive(Default)]
struct Attributes {
    rename: Option<LitStr>,
    runtime: Option<Path>,
}

impl Attributes {
    fn read(attributes: &[Attribute], is_type: bool, errors: &mut Errors) -> Self {
        let mut found = Self::default();
        let own = attributes
            .iter()
            .filter(|one| one.path().is_ident("cache_tag"));
        for attribute in own {
            let read = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    let rename: LitStr = meta.value()?.parse()?;
                    found.rename = Some(name::checked(rename)?);
                    return Ok(());
                }
                if is_type && meta.path.is_ident("crate") {
                    found.runtime = Some(meta.value()?.parse()?);
                    return Ok(());
                }
                Err(meta.error(match is_type {
                    true => "`cache_tag` knows `rename = \"user\"` and `crate = path` on a type",
                    false => "`cache_tag` knows `rename = \"user\"` on a variant",
                }))
            });
            errors.keep(read);
        }
        found
    }
}
