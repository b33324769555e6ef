use proc_macro2::TokenStream;
use quote::quote;

use super::expand;

fn pretty(input: TokenStream) -> syn::Result<String> {
    Ok(prettyplease::unparse(&expand(input)?))
}

macro_rules! snapshots {
    ($($name:ident { $($input:tt)* })*) => {
        $(
            #[test]
            fn $name() -> syn::Result<()> {
                let expansion = pretty(quote!($($input)*))?;
                let mut settings = insta::Settings::clone_current();
                settings.set_omit_expression(true);
                settings.set_prepend_module_to_snapshot(false);
                settings.bind(|| insta::assert_snapshot!(stringify!($name), expansion));
                Ok(())
            }
        )*
    };
}

snapshots! {
    a_structure_by_its_sorted_fields {
        struct Features {
            country: String,
            #[cache_key(skip)]
            request_id: u64,
            #[cache_key(round = 2)]
            amount: f64,
            #[cache_key(rename = "q", with = text::folded)]
            query: String,
        }
    }

    an_enum_by_its_variants {
        enum Shape {
            Dot,
            #[cache_key(rename = "Ring")]
            Circle(u8, #[cache_key(skip)] String, u16),
            Box { width: u8, r#type: u8 },
        }
    }

    an_enum_without_variants {
        enum Never {}
    }

    a_bound_for_each_parameter_that_is_written {
        struct Page<'a, T: Clone, S: Source, M, W, F = f64, const N: usize = 1>
        where
            S: 'a,
        {
            items: &'a [T; N],
            more: Vec<T>,
            id: S::Id,
            qualified: <S as Source>::Other,
            marker: std::marker::PhantomData<M>,
            #[cache_key(skip)]
            source: S,
            #[cache_key(with = write)]
            written: W,
            #[cache_key(round = 1)]
            score: F,
        }
    }

    another_path_and_name {
        #[cache_key(crate = my::cache, rename = "Id")]
        struct Identity(u64);
    }
}
