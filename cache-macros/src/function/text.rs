//! What a fn says, as a number: the same in each build, wherever the fn stands and whatever it is
//! called, and however it is laid out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse_quote;

use super::Function;

/// A hash of the fn's signature and body: FNV-1a, 64 bits.
pub(crate) fn text(function: &Function) -> u64 {
    let mut signature = function.signature.clone();
    signature.ident = parse_quote!(_name);
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.stream(signature.to_token_stream());
    hash.stream(function.body.to_token_stream());
    hash.0
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Each token with a byte that none contains after it.
    fn stream(&mut self, stream: TokenStream) {
        for token in stream {
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = brackets(group.delimiter());
                    self.bytes(open);
                    self.stream(group.stream());
                    self.bytes(close);
                }
                token => self.bytes(token.to_string().as_bytes()),
            }
            self.bytes(&[0xff]);
        }
    }
}

fn brackets(delimiter: Delimiter) -> (&'static [u8], &'static [u8]) {
    match delimiter {
        Delimiter::Parenthesis => (b"(", b")"),
        Delimiter::Brace => (b"{", b"}"),
        Delimiter::Bracket => (b"[", b"]"),
        Delimiter::None => (b"", b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(source: &str) -> u64 {
        text(&syn::parse_str(source).unwrap())
    }

    #[test]
    fn the_name_and_the_layout_say_nothing_and_all_else_does() {
        let one = text_of("async fn a(id: u64) -> u64 { id + 1 }");
        assert_eq!(one, text_of("pub async fn b(id:u64)->u64{id+1}"));
        for other in [
            "async fn a(id: u32) -> u64 { id + 1 }",
            "async fn a(id: u64) -> u64 { id + 2 }",
            "async fn a(id: u64) -> u64 { { id + 1 } }",
        ] {
            assert_ne!(one, text_of(other), "{other}");
        }
    }
}
