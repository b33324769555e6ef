//! Which entries a person means by a key.

use cache_runtime::admin::Admin;

use crate::exit::Failure;

/// The names of the entries that a key stands for: itself if it is a name in Redis, else those with this readable
/// key.
pub(super) async fn find(
    admin: &Admin,
    key: &str,
    namespace: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let mut names = match admin.parts(key) {
        Some(_) => vec![key.to_owned()],
        None => admin.find(key).await?,
    };
    if let Some(namespace) = namespace {
        names.retain(|name| admin.parts(name).is_some_and(|(own, _)| own == namespace));
    }
    Ok(names)
}
