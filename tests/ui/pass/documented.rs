//! Documentation in every form: lines, blocks, attributes, files, aliases, hidden, and inside the body.

use cache_runtime::cached;

/// Finds a user.
///
/// # Errors
///
/// If there is none.
#[cached(ttl = "5m")]
#[doc(alias = "person")]
#[doc = "And so on."]
pub async fn user(id: u64) -> Result<u64, String> {
    //! It is kept for a while.
    Ok(id)
}

/** Finds a page. */
#[doc(hidden)]
#[cached(ttl = "5m")]
pub async fn page(id: u64) -> u64 {
    /*! A block inside. */
    id
}

#[doc = concat!("Of a ", "macro.")]
#[cached(ttl = "5m")]
pub async fn menu(id: u64) -> u64 {
    id
}

#[doc = include_str!("documented.rs")]
#[cached(ttl = "5m")]
pub async fn file(id: u64) -> u64 {
    id
}

pub struct Users;

impl Users {
    /// Says `"` and `{braces}`, [`Self::find`] and [links](Users::find_entry).
    #[cached(ttl = "5m", skip(self))]
    // A plain comment between them.
    /// After the annotation.
    pub async fn find(&self, /* between */ id: u64) -> u64 {
        id // at the end
    }
}
