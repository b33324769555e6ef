//! Tags that only the loaded value tells, from `tags_from = |value| ..`.

use crate::tag::Tag;

/// What a `tags_from` may return.
#[diagnostic::on_unimplemented(
    message = "`tags_from` returns `{Self}`, which is no list of tags",
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
