//! What the names of Rust types tell: whose code reads a part, and what the part is called.
//!
//! The compiler's names are for people and may change with its version. Where they do, types are
//! called less known than they are, or a key changes: a miss, never a wrong value. A test pins
//! what the derive's names look like.

/// Crates whose hand-written visitors are taken to ask for the same parts whatever the
/// values are.
const READ: &[&str] = &[
    "serde",
    "serde_core",
    "chrono",
    "time",
    "uuid",
    "jiff",
    "bytes",
];

/// Wrappers that serialize as what they hold.
const POINTERS: &[&str] = &[
    "Box", "Rc", "Arc", "Cow", "Cell", "RefCell", "Mutex", "RwLock",
];

/// Whether a visitor of parts is known to ask for the same parts whatever the values are: it was
/// derived, or is one of those read.
pub(super) fn is_fixed(visitor: &str) -> bool {
    last_segment(visitor) == "__Visitor" || READ.contains(&home(visitor))
}

/// Whether a field is read by a function that an attribute names (`with`, `deserialize_with`).
pub(super) fn is_converted(sown: &str) -> bool {
    last_segment(sown) == "__DeserializeWith"
}

/// Whether a visitor says by its own type what becomes of what it reads, as chrono's of seconds and
/// of milliseconds do; the ones of serde itself are anyone's.
pub(super) fn says_its_meaning(visitor: &str) -> bool {
    let home = home(visitor);
    READ.contains(&home) && !home.starts_with("serde")
}

/// What a part is called where what it asks for does not say so: a transparent newtype, a
/// `try_from = ".."`, a type of another crate. Empty for the standard library's types, and where it
/// is the name that the part itself gives.
pub(super) fn of_part(sown: &str, own: Option<&str>) -> String {
    let (head, inside) = match sown.split_once('<') {
        Some((head, rest)) => (head, rest.strip_suffix('>')),
        None => (sown, None),
    };
    let base = head.rsplit("::").next().unwrap_or(head);
    match (home(sown), inside) {
        ("alloc" | "std" | "core", Some(inside)) if POINTERS.contains(&base) => {
            of_part(inside, own)
        }
        ("" | "alloc" | "std" | "core", _) => String::new(),
        _ if own == Some(base) || base.starts_with("__") => String::new(),
        _ => short(sown),
    }
}

/// What an `OptionVisitor` makes the `Some` of.
pub(super) fn inside_option(visitor: &str) -> &str {
    let inside = visitor.split_once("OptionVisitor<");
    inside
        .and_then(|(_, inside)| inside.strip_suffix('>'))
        .unwrap_or("")
}

/// The crate that a type is of; empty for the language's own.
fn home(name: &str) -> &str {
    let name = name.trim_start_matches(['<', '&']);
    match name.split_once("::") {
        Some((home, _)) if home.chars().all(|c| c.is_alphanumeric() || c == '_') => home,
        _ => "",
    }
}

/// The last part of a path, what it is generic over left out.
fn last_segment(name: &str) -> &str {
    let mut depth = 0_u32;
    let mut end = name.len();
    for (at, c) in name.char_indices().rev() {
        match c {
            '>' => depth += 1,
            '<' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && end == name.len() {
                    end = at;
                }
            }
            ':' if depth == 0 => return &name[at + 1..end],
            _ => {}
        }
    }
    &name[..end]
}

/// A type's name without the modules that it and its parts live in.
fn short(name: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in name.chars() {
        match c {
            ':' => word.clear(),
            c if c.is_alphanumeric() || c == '_' => word.push(c),
            c => {
                out.push_str(&word);
                word.clear();
                out.push(c);
            }
        }
    }
    out + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_called_what_its_type_is_where_nothing_else_says_so() {
        assert_eq!(of_part("shop::units::Meters", None), "Meters");
        assert_eq!(of_part("alloc::boxed::Box<shop::Meters>", None), "Meters");
        assert_eq!(of_part("shop::User", Some("User")), "");
        assert_eq!(of_part("shop::Page<shop::User>", Some("Page")), "");
        for plain in [
            "u64",
            "(u8, shop::User)",
            "alloc::string::String",
            "[shop::User; 3]",
        ] {
            assert_eq!(of_part(plain, None), "", "{plain}");
        }
        let at = "chrono::datetime::DateTime<chrono::offset::utc::Utc>";
        assert_eq!(of_part(at, None), "DateTime<Utc>");
        let some = "serde_core::de::impls::OptionVisitor<shop::Meters>";
        assert_eq!(inside_option(some), "shop::Meters");
    }

    #[test]
    fn the_last_segment_is_found_behind_what_a_type_is_generic_over() {
        let visitor = "<shop::_::<impl serde_core::de::Deserialize for shop::E>::deserialize::\
                       __Visitor as serde_core::de::Visitor>::visit_enum::__Visitor<a::B<c::D>>";
        assert_eq!(last_segment(visitor), "__Visitor");
        assert!(is_fixed(visitor));
        assert!(!is_fixed(
            "shop::<impl serde_core::de::Deserialize for shop::E>::deserialize::V"
        ));
    }
}
