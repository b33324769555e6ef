//! A checked annotation: everything the tokens are made from.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::arguments::Arguments;
use super::key::Part;
use super::types::types;
use super::values::Entry;
use crate::function::{Argument, Form, Function, ImplTrait, Output, Parameter, parameters, words};
use crate::policy::Given;
use crate::tags::Tag;
use crate::template::name_of;
use crate::{settings, span};

/// What the policy of a fn begins with.
pub(super) enum Base {
    /// The defaults, with this ttl.
    Ttl(Given),
    /// A constant that other fns share, perhaps with another ttl.
    Shared(Expr, Option<Given>),
}

impl Base {
    fn of(policy: Option<Expr>, ttl: Option<Given>) -> Option<Self> {
        match policy {
            Some(policy) => Some(Self::Shared(policy, ttl)),
            None => ttl.map(Self::Ttl),
        }
    }

    fn ttl(&self) -> Option<&Given> {
        match self {
            Self::Ttl(ttl) => Some(ttl),
            Self::Shared(_, ttl) => ttl.as_ref(),
        }
    }

    pub(super) fn shared(&self) -> Option<&Expr> {
        match self {
            Self::Ttl(_) => None,
            Self::Shared(policy, _) => Some(policy),
        }
    }

    /// Who refreshes where the fn itself does not say: a task has what it loads with only where that is said.
    pub(super) fn refresh(&self) -> Option<(&'static str, Span)> {
        self.shared().map(|policy| ("Caller", policy.span()))
    }

    /// Where it was given.
    pub(super) fn place(&self) -> Span {
        match self {
            Self::Ttl(ttl) => ttl.place(),
            Self::Shared(policy, _) => policy.span(),
        }
    }

    /// The policy without what the other arguments say, as an expression that a const can evaluate.
    pub(super) fn tokens(&self, private: &TokenStream) -> TokenStream {
        let place = span::made(self.place());
        match self {
            Self::Ttl(ttl) => {
                let ttl = ttl.millis(private);
                quote_spanned!(place=> #private::Policy::ttl_ms(#ttl))
            }
            Self::Shared(policy, ttl) => {
                let ttl = ttl.as_ref().map(|ttl| {
                    let millis = ttl.millis(&span::shown_at(private, ttl.place()));
                    quote_spanned!(span::made(ttl.place())=> .with_ttl_ms(#millis))
                });
                quote_spanned!(place=> #private::shared_policy(#policy) #ttl)
            }
        }
    }
}

/// One `#[cached]` fn.
pub(super) struct Cached {
    pub(super) arguments: Arguments,
    pub(super) function: Function,
    pub(super) output: Output,
    pub(super) base: Base,
    /// The key's parts, in order.
    pub(super) parts: Vec<Part>,
    /// The type parameters that the key depends on.
    pub(super) types: Vec<Ident>,
    /// Whether it is one of many, which may be there or not.
    pub(super) is_of_batch: bool,
    /// `::cache_runtime`
    pub(super) runtime: TokenStream,
    /// `::cache_runtime::__private`
    pub(super) private: TokenStream,
}

impl Cached {
    /// `None` only with neither `ttl` nor `policy`, which the checks have refused.
    pub(super) fn new(
        mut arguments: Arguments,
        function: Function,
        output: Output,
    ) -> Option<Self> {
        let base = Base::of(arguments.policy.take(), arguments.ttl.take())?;
        let runtime = settings::runtime(arguments.runtime.take());
        let place = function.signature.ident.span();
        let shown = span::shown_at(&runtime, place);
        let private = quote_spanned!(span::made(place)=> #shown::__private);
        let mut parts = Part::of(arguments.key.as_ref(), &function, &arguments.skip);
        for parameter in parameters(&function) {
            match parameter {
                Parameter::Const(name) if !arguments.skip.contains(&name) => {
                    parts.push(Part::constant(name));
                }
                Parameter::Const(_) | Parameter::Type(_) => {}
            }
        }
        let mut model = Self {
            arguments,
            function,
            output,
            base,
            parts,
            types: Vec::new(),
            is_of_batch: false,
            runtime,
            private,
        };
        model.types = types(
            &model.arguments,
            &model.function,
            &model.output,
            &model.expressions(),
        );
        Some(model)
    }

    /// `Fallible` where only `Ok` is stored, `Plain` where every value is.
    pub(super) fn is_fallible(&self) -> bool {
        self.arguments.is_fallible(&self.output)
    }

    /// `::cache_runtime::__private::Fallible`
    pub(super) fn mode(&self) -> TokenStream {
        let private = span::shown_at(&self.private, self.output.ty.span());
        let mode = format_ident!(
            "{}",
            if self.is_fallible() {
                "Fallible"
            } else {
                "Plain"
            }
        );
        quote_spanned!(span::made(self.output.ty.span())=> #private::#mode)
    }

    /// Whether `Self` can be written in the fn.
    pub(super) fn names_self(&self) -> bool {
        let mentions_self = |tokens: TokenStream| words(tokens).contains("Self");
        self.function.receiver().is_some()
            || mentions_self(self.function.signature.to_token_stream())
            || self.expressions().into_iter().any(mentions_self)
    }

    /// The user's expressions in the annotation.
    pub(super) fn expressions(&self) -> Vec<TokenStream> {
        let parts = self.parts.iter().map(|part| part.value.to_token_stream());
        let tags = self.arguments.tags.iter().map(ToTokens::to_token_stream);
        let arguments = &self.arguments;
        let others = [
            &arguments.tags_from,
            &arguments.cache_if,
            &arguments.ttl_from,
            &arguments.cache,
            &arguments.max_value,
            &arguments.max_entries,
        ];
        let others = others.into_iter().flatten().map(ToTokens::to_token_stream);
        let durations = [
            &arguments.wait,
            &arguments.stale,
            &arguments.sliding,
            &arguments.load_timeout,
            &arguments.error_ttl,
            &arguments.none_ttl,
        ];
        let durations = durations.into_iter().flatten().chain(self.base.ttl());
        let durations = durations.filter_map(|given| match given {
            Given::Expression(expression) => Some(expression.to_token_stream()),
            Given::Millis(..) => None,
        });
        let numbers = [
            &arguments.early,
            &arguments.jitter,
            &arguments.audit,
            &arguments.cost_per_load,
        ];
        let numbers = numbers.into_iter().flatten();
        let numbers =
            numbers.filter_map(|number| number.expression().map(ToTokens::to_token_stream));
        parts
            .chain(tags)
            .chain(others)
            .chain(self.base.shared().map(ToTokens::to_token_stream))
            .chain(durations)
            .chain(numbers)
            .collect()
    }

    /// The names that the key, the tags and the cache mention: what the companion needs.
    pub(super) fn mentioned(&self) -> BTreeSet<String> {
        let parts = self.parts.iter().map(|part| part.value.to_token_stream());
        let tags = self.arguments.tags.iter().map(ToTokens::to_token_stream);
        let cache = self.arguments.cache.iter().map(ToTokens::to_token_stream);
        parts
            .chain(tags)
            .chain(cache)
            .flat_map(crate::mentions::mentions)
            .collect()
    }

    /// The tags that the key may not decide, each with its place in the list and the parts whose text
    /// it shows if these are all that it shows: whether their types hide something from the key, the runtime knows.
    /// Memory tells calls apart by such tags, as it must not serve an entry under another tag than
    /// the call's own.
    pub(super) fn tags_beside_key(
        &self,
    ) -> impl Iterator<Item = (usize, &Tag, Option<Vec<&Expr>>)> {
        let parts: BTreeSet<String> = self
            .parts
            .iter()
            .filter_map(|part| place(&part.value))
            .collect();
        let is_part = move |shown: &Expr| place(shown).is_some_and(|place| parts.contains(&place));
        let tags = self.arguments.tags.iter().enumerate();
        tags.filter_map(move |(index, tag)| {
            let Tag::Template(template) = tag else {
                return Some((index, tag, None));
            };
            let shown: Vec<&Expr> = template.holes().map(|hole| &hole.expression).collect();
            // A template without holes is the same for every call.
            let differs = !shown.is_empty();
            let all_are_parts = shown.iter().all(|shown| is_part(shown));
            differs.then(|| (index, tag, all_are_parts.then_some(shown)))
        })
    }

    /// The arguments whose type has no name and is in the key: an `impl Trait`, unless it is
    /// skipped. One that can be called is in it anyway, as what it does is what the fn does.
    pub(super) fn unnamed(&self) -> Vec<Argument> {
        let skipped = |argument: &Argument| {
            let mut names = self.arguments.skip.iter();
            names.any(|name| argument.is_called(name))
        };
        let in_key = |argument: &Argument| match ImplTrait::of(&argument.typed.ty) {
            ImplTrait::None => false,
            ImplTrait::Callable => true,
            ImplTrait::Other => !skipped(argument),
        };
        self.function
            .arguments()
            .into_iter()
            .filter(in_key)
            .collect()
    }

    /// The arguments that the companion takes.
    pub(super) fn companion_arguments(&self) -> Vec<Argument> {
        let mut mentioned = self.mentioned();
        mentioned
            .extend((self.unnamed().iter()).map(|argument| argument.local.unraw().to_string()));
        let needed = |argument: &Argument| {
            mentioned.contains(&argument.local.unraw().to_string()) || argument.lends(&mentioned)
        };
        self.function
            .arguments()
            .into_iter()
            .filter(needed)
            .collect()
    }

    /// What patterns bind, for the annotation's expressions that name it.
    pub(super) fn lent(&self, mentioned: &BTreeSet<String>) -> TokenStream {
        let arguments = self.function.arguments().into_iter();
        arguments
            .filter(|argument| argument.lends(mentioned))
            .map(|argument| argument.lent())
            .collect()
    }

    /// The companion's name; `None` where there is none.
    pub(super) fn companion(&self) -> Option<Ident> {
        let fn_name = &self.function.signature.ident;
        match (&self.arguments.entry, self.output.form) {
            (Some(Entry::Off), _) => None,
            (Some(Entry::Named(name)), _) => Some(name.clone()),
            // `#[async_trait]` works on traits and their impls: nothing can be added to these.
            (None, Form::Boxed) if words(&self.function.signature).contains("'async_trait") => None,
            (None, _) => Some(format_ident!(
                "{}_entry",
                fn_name.unraw(),
                span = span::made(fn_name.span())
            )),
        }
    }
}

/// An argument or a field of one, by its name: what is the same each time it is read.
fn place(expression: &Expr) -> Option<String> {
    let is_place = match expression {
        Expr::Path(_) => true,
        Expr::Field(field) => place(&field.base).is_some(),
        _ => false,
    };
    is_place.then(|| name_of(expression).replace("r#", ""))
}
