//! Tags that only the loaded value tells, from `tags_from = |value| ..`.

use std::fmt::{self, Display, Formatter, Write};

use crate::tag::Tag;

/// What a `tags_from` may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of tags",
    label = "not a list of tags",
    note = "return an array or an iterator of strings or `Tag`s: for one tag, `[format!(\"org:{{}}\", value.org)]`"
)]
pub trait Tags {
    fn into_tags(self) -> Vec<Tag>;
}

#[diagnostic::do_not_recommend]
impl<I> Tags for I
where
    I: IntoIterator,
    I::Item: Into<Tag>,
{
    fn into_tags(self) -> Vec<Tag> {
        self.into_iter().map(Into::into).collect()
    }
}

/// A field of a [`CacheTag`](crate::CacheTag).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a tag",
    label = "it has no `Display`",
    note = "a tag is text: implement `std::fmt::Display` for it, or hold what names it, as its id"
)]
pub trait TagPart {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result;
}

#[diagnostic::do_not_recommend]
impl<T: Display> TagPart for T {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Apart(f), "{self}")
    }
}

/// A field as its tag has it.
pub struct Part<'a>(&'a dyn TagPart);

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").finish_non_exhaustive()
    }
}

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

/// Tells what a field shows from what stands between fields.
struct Apart<'a, 'f>(&'a mut Formatter<'f>);

impl Write for Apart<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive([':', '\\']) {
            match piece.strip_suffix([':', '\\']) {
                Some(plain) => {
                    self.0.write_str(plain)?;
                    self.0.write_char('\\')?;
                    self.0.write_str(&piece[plain.len()..])?;
                }
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

/// A field of a tag.
pub fn tag_part<T: TagPart>(field: &T) -> Part<'_> {
    Part(field)
}

/// What an expression of `tags` may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tag",
    label = "not text, and not a type that derives `CacheTag`",
    note = "add `#[derive(CacheTag)]` to its type, or write the text, as `\"user:{{id}}\"` or `format!(..)`"
)]
pub trait IntoTag {
    fn into_tag(self) -> Tag;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Tag>> IntoTag for T {
    fn into_tag(self) -> Tag {
        self.into()
    }
}

/// The tag that an expression gives.
pub fn tag<T: IntoTag>(tag: T) -> Tag {
    tag.into_tag()
}

/// The tags of a value, by the annotation's own closure or fn.
pub fn tags_of<'a, T: ?Sized, I: Tags>(value: &'a T, tags: impl FnOnce(&'a T) -> I) -> Vec<Tag> {
    tags(value).into_tags()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_may_be_made_or_borrowed() {
        let groups = vec!["staff".to_owned(), "ops".to_owned()];
        let expected = [Tag::from("staff"), Tag::from("ops")];
        assert_eq!(tags_of(&groups, |groups| groups), expected);
        assert_eq!(
            tags_of(&groups, |groups| groups.iter().map(String::as_str)),
            expected
        );
        assert_eq!(
            tags_of(&7, |org| [format!("org:{org}")]),
            [Tag::from("org:7")]
        );
        assert_eq!(tags_of(&7, |_| None::<Tag>), []);
    }
}
