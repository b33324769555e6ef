use std::fmt;

/// What a type's `Serialize` gave as the reason why it can't.
#[derive(Debug)]
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn cause(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl serde::ser::Error for Failure {
    fn custom<T: fmt::Display>(cause: T) -> Self {
        use fmt::Write;
        // `to_string` would panic where `Display` fails; half a cause will do.
        let mut text = String::new();
        if write!(text, "{cause}").is_err() {
            text.push_str(" (and its cause can't be shown)");
        }
        Self(text)
    }
}
