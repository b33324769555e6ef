//! What the fn's future returns.

use syn::{
    AssocType, GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeParamBound,
    parse_quote,
};

use super::Function;

/// How the fn gives its future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `async fn`
    Async,
    /// A plain fn returning `Pin<Box<dyn Future>>`, as `#[async_trait]` leaves it.
    Boxed,
}

/// The form of a fn and the type its future resolves to.
pub(crate) struct Output {
    pub(crate) form: Form,
    pub(crate) ty: Type,
}

impl Output {
    /// Reads a signature; `None` if it gives no future.
    pub(crate) fn of(function: &Function) -> Option<Self> {
        let written = match &function.signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        if function.signature.asyncness.is_some() {
            return Some(Self {
                form: Form::Async,
                ty: written,
            });
        }
        let boxed = only_type(last_segment(&written, "Pin")?)?;
        let Type::TraitObject(object) = only_type(last_segment(boxed, "Box")?)? else {
            return None;
        };
        let ty = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => resolved(bound.path.segments.last()?),
            _ => None,
        })?;
        Some(Self {
            form: Form::Boxed,
            ty: ty.clone(),
        })
    }

    /// Whether the type's name ends in `Result`.
    pub(crate) fn is_result(&self) -> bool {
        match bare(&self.ty) {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|segment| segment.ident.to_string().ends_with("Result")),
            _ => false,
        }
    }
}

impl Output {
    /// Whether the type is one of std's that are no `Result`, whatever else may be one under a name
    /// of its own.
    pub(crate) fn is_surely_no_result(&self) -> bool {
        const OTHERS: [&str; 24] = [
            "Option", "String", "Vec", "Box", "Arc", "Rc", "Cow", "HashMap", "BTreeMap", "HashSet",
            "BTreeSet", "bool", "char", "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32",
            "i64", "f32", "f64",
        ];
        match bare(&self.ty) {
            Type::Path(path) => {
                let last = path.path.segments.last();
                last.is_some_and(|last| OTHERS.iter().any(|other| last.ident == other))
            }
            Type::Tuple(_) | Type::Array(_) => true,
            _ => false,
        }
    }
}

/// A type without the parentheses or invisible groups around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        ty => ty,
    }
}

fn last_segment<'a>(ty: &'a Type, name: &str) -> Option<&'a PathSegment> {
    match bare(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == name),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    }
    .into_iter()
    .flatten()
}

fn only_type(segment: &PathSegment) -> Option<&Type> {
    arguments(segment).find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(bare(ty)),
        _ => None,
    })
}

/// The `R` of `Future<Output = R>`.
fn resolved(segment: &PathSegment) -> Option<&Type> {
    if segment.ident != "Future" {
        return None;
    }
    arguments(segment).find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(ty),
        _ => None,
    })
}
