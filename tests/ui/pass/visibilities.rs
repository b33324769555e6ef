//! Every visibility: the companion has that of its fn.

use cache_runtime::{CacheError, cached};

mod outer {
    pub(in crate::pass::visibilities) mod inner {
        use cache_runtime::cached;

        #[cached(ttl = "5m")]
        pub(crate) async fn of_the_crate(id: u32) -> u32 {
            id
        }

        #[cached(ttl = "5m")]
        pub(super) async fn of_the_parent(id: u32) -> u32 {
            of_itself(id).await
        }

        #[cached(ttl = "5m")]
        pub(in crate::pass::visibilities) async fn of_a_path(id: u32) -> u32 {
            id
        }

        #[cached(ttl = "5m")]
        async fn of_itself(id: u32) -> u32 {
            let _ = of_itself_entry(id);
            id
        }

        struct Private(u32);

        impl Private {
            #[cached(ttl = "5m", skip(self))]
            async fn find(&self, id: u32) -> u32 {
                self.0 + id
            }
        }

        pub(super) async fn of_private() -> u32 {
            let _ = Private::find_entry(1);
            Private(1).find(2).await
        }
    }

    pub async fn clear() -> Result<(), cache_runtime::CacheError> {
        inner::of_private().await;
        inner::of_the_parent_entry(1).invalidate().await
    }
}

#[cached(ttl = "5m")]
async fn private(id: u32) -> u32 {
    id
}

pub async fn clear() -> Result<(), CacheError> {
    outer::clear().await?;
    outer::inner::of_the_crate_entry(1).invalidate().await?;
    outer::inner::of_a_path_entry(1).invalidate().await?;
    private_entry(1).invalidate().await
}
