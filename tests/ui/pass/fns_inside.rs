//! Annotated fns in every kind of body: blocks, closures, constants, impl blocks inside fns, other annotated ones.

use cache_runtime::{CacheError, cache_put, cached};

pub async fn outer(id: u32) -> Result<u32, CacheError> {
    struct Inner;

    impl Inner {
        #[cached(ttl = "5m", skip(self))]
        async fn find(&self, id: u32) -> u32 {
            id
        }
    }

    if id > 0 {
        #[cached(ttl = "5m")]
        async fn find(id: u32) -> u32 {
            id
        }

        find_entry(id).invalidate().await?;
        find(id).await;
    }

    let by_closure = async |id: u32| {
        #[cached(ttl = "5m")]
        async fn find(id: u32) -> u32 {
            id + 1
        }

        find(id).await
    };

    Inner::find_entry(id).invalidate().await?;
    Ok(Inner.find(id).await + by_closure(id).await)
}

#[cached(ttl = "5m")]
pub async fn both(id: u32) -> u32 {
    const STEP: u32 = 1;

    #[cached(ttl = "1m")]
    async fn inner(id: u32) -> u32 {
        #[cached(ttl = "1s")]
        async fn innermost(id: u32) -> u32 {
            id + STEP
        }

        innermost(id).await
    }

    #[cache_put(entry = inner_entry(id))]
    async fn write(id: u32) -> u32 {
        id
    }

    write(id).await + inner(id).await
}

const _: () = {
    #[cached(ttl = "5m")]
    async fn in_a_constant(id: u32) -> u32 {
        id
    }
};

pub static IN_A_STATIC: fn() = || {
    #[cached(ttl = "5m")]
    async fn inner(id: u32) -> u32 {
        id
    }

    drop(inner(1));
};
