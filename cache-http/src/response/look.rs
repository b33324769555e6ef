//! What is looked for, and the annotated function that keeps it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use cache_runtime::{Cache, cached};
use http::request::Parts;
use parking_lot::Mutex;

use super::name;
use super::rules::{Serves, Wishes};
use super::stored::{Kept, Stored};

/// A handler that is being asked.
pub(super) type Loading<'a> = Pin<Box<dyn Future<Output = Kept> + Send + 'a>>;

/// What is kept under a key; `loading` asks the handler where nothing is that serves.
#[cached(
    ns = "http",
    id = "cache_http::response",
    shape = "1",
    ttl = "30d",
    jitter = 0.0,
    key = key,
    cache = cache,
    tags = ["{asked.target}"],
    skip(cache, asked, loading),
    ttl_from = |kept| kept.kept_for(),
    tags_from = |kept| kept.tags(),
    valid_if = |kept| asked.takes(kept),
    wait = "30s"
)]
pub(super) async fn kept(cache: &Cache, key: &str, asked: &Asked, loading: Loading<'_>) -> Kept {
    loading.await
}

/// What is looked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) parts: Parts,
    /// The tag of what is asked for.
    target: String,
    pub(super) wishes: Wishes,
    /// Whether what other fields selected will do too, as it tells which these are.
    pub(super) takes_variants: bool,
    /// Whether what is stale will do while it is loaded anew.
    pub(super) takes_stale: bool,
    /// The last that was found and does not serve.
    pub(super) refused: Mutex<Option<Arc<Stored>>>,
}

impl Asked {
    pub(super) fn new(parts: &Parts, wishes: Wishes) -> Self {
        Self {
            parts: parts.clone(),
            target: name::tag_of(&parts.uri, &parts.headers),
            wishes,
            takes_variants: true,
            takes_stale: true,
            refused: Mutex::new(None),
        }
    }

    /// The same, where other fields are in the key.
    pub(super) fn of_variant(&self) -> Self {
        Self {
            takes_variants: false,
            takes_stale: self.takes_stale,
            ..Self::new(&self.parts, self.wishes)
        }
    }

    /// The same, to load anew what is stale.
    pub(super) fn anew(&self, stale: &Arc<Stored>) -> Self {
        Self {
            takes_variants: self.takes_variants,
            takes_stale: false,
            refused: Mutex::new(Some(Arc::clone(stale))),
            ..Self::new(&self.parts, self.wishes)
        }
    }

    fn takes(&self, kept: &Kept) -> bool {
        let Kept::Response(stored) = kept else {
            return true;
        };
        if !stored.is_selected_by(&self.parts.headers) {
            return self.takes_variants;
        }
        let serves = self.serves(stored);
        if !serves {
            *self.refused.lock() = Some(Arc::clone(stored));
        }
        serves
    }

    /// What of a key serves this request, selected or not.
    pub(super) fn serves(&self, stored: &Stored) -> bool {
        match stored.terms.serves(&self.wishes, SystemTime::now()) {
            Serves::Fresh | Serves::Stale => true,
            Serves::WhileRevalidated => self.takes_stale,
            Serves::Not => false,
        }
    }

    /// What was refused, if it serves now that the handler has failed.
    pub(super) fn on_error(&self) -> Option<Arc<Stored>> {
        let refused = self.refused.lock().clone();
        refused.filter(|stored| stored.terms.serves_on_error(SystemTime::now()))
    }
}
