//! Methods of a generic type, with and without a receiver.

use cache_runtime::cached;

pub struct Of<T>(pub T);

impl<T: std::fmt::Display + Sync> Of<T> {
    #[cached(ttl = "5m", skip(self))]
    pub async fn shown(&self, id: u32) -> String {
        format!("{}{id}", self.0)
    }

    #[cached(ttl = "5m")]
    pub async fn size(id: u32) -> usize {
        size_of::<T>() + id as usize
    }

    #[cached(ttl = "5m", skip(_of), tags = [Self::tag()])]
    pub async fn twice(_of: &Self, id: u32) -> u32 {
        id * 2
    }

    fn tag() -> &'static str {
        "of"
    }
}
