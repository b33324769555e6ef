//! What a tag begins with.

use proc_macro2::Ident;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::tags::check_name;

/// `user` of `UserTag`, `shopping_cart` of `ShoppingCart`.
pub(super) fn of_type(ident: &Ident) -> LitStr {
    let text = ident.unraw().to_string();
    let stem = text.strip_suffix("Tag").filter(|stem| !stem.is_empty());
    LitStr::new(&snake(stem.unwrap_or(&text)), ident.span())
}

/// `user` of `User`.
pub(super) fn of_variant(ident: &Ident) -> LitStr {
    LitStr::new(&snake(&ident.unraw().to_string()), ident.span())
}

/// What is written: a colon would be taken for the end of the name.
pub(super) fn checked(name: LitStr) -> syn::Result<LitStr> {
    check_name("a tag's name", &name.value(), false, &name)?;
    match name.value().contains([':', '\\']) {
        true => Err(syn::Error::new(
            name.span(),
            "a tag's name can't contain `:` or `\\`, which stand between it and the fields: leave it out",
        )),
        false => Ok(name),
    }
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    let mut before = None;
    let mut letters = camel.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = letter.is_uppercase()
            && before.is_some_and(|before: char| {
                let in_a_word = before.is_lowercase() || before.is_numeric();
                let ends_capitals =
                    before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase());
                in_a_word || ends_capitals
            });
        if begins {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = Some(letter);
    }
    snake
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn words_are_told_by_their_capitals() {
        let of_type = |name: &str| of_type(&format_ident!("{name}")).value();
        let of_variant = |name: &str| of_variant(&format_ident!("{name}")).value();
        assert_eq!(of_type("UserTag"), "user");
        assert_eq!(of_type("ShoppingCart"), "shopping_cart");
        assert_eq!(of_type("Tag"), "tag");
        assert_eq!(of_type("HTTPRouteTag"), "http_route");
        assert_eq!(of_type("Sha256Sum"), "sha256_sum");
        assert_eq!(of_variant("PriceTag"), "price_tag");
        assert_eq!(of_variant("r#Self_"), "self_");
    }
}
