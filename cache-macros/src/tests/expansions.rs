//! One snapshot a position or argument that changes what is generated.

use quote::quote;

use super::formatted;
use crate::{cached, invalidate};

macro_rules! cached {
    (($($annotation:tt)*) $($item:tt)*) => {
        formatted(cached::expand(quote!($($annotation)*), quote!($($item)*)))
    };
}

macro_rules! invalidates {
    (($($annotation:tt)*) $($item:tt)*) => {
        formatted(invalidate::expand(quote!($($annotation)*), quote!($($item)*)))
    };
}

#[test]
fn free_fn() {
    insta::assert_snapshot!(cached! {
        (ns = "user", ttl = "5m", tags = ["user:{id}"], compress, skip(db))
        /// Finds a user.
        pub async fn user(db: &Db, id: u64) -> Result<User, DbError> {
            db.load(id).await
        }
    });
}

#[test]
fn plain_value() {
    insta::assert_snapshot!(cached! {
        (ttl = 300)
        async fn count(of: String) -> u32 { of.len() as u32 }
    });
}

#[test]
fn every_setting() {
    insta::assert_snapshot!(cached! {
        (
            ns = "user", ttl = TTL, id = "user", version = 3, compress = "gzip", codec = "msgpack", encrypt, lease = "process",
            wait = "500ms", stale = 60 * 10, refresh = "caller", consistency = "bounded", on_outage = "serve",
            fallible, entry = cell, cache = CACHE.get(), crate = "other::runtime"
        )
        #[cfg(unix)]
        #[must_use]
        pub(crate) async fn user(id: u64) -> Outcome<User> { find(id) }
    });
}

#[test]
fn refreshes() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", stale = "10m", refresh = "background", early = 1.5, jitter = SPREAD, load_timeout = "2s")
        async fn user(id: u64) -> Result<User, DbError> { find(id).await }
    });
}

#[test]
fn audited() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", audit = SHARE)
        async fn user(id: u64) -> Result<User, DbError> { find(id).await }
    });
}

#[test]
fn a_load_that_may_be_dropped() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", load_timeout = LIMIT, skip(db))
        async fn user(db: &Db, id: u64) -> Result<User, DbError> { db.find(id).await }
    });
}

#[test]
fn method_without_self() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", skip(self))
        pub async fn user(&self, id: u64) -> Option<User> { self.find(id).await }
    });
}

#[test]
fn method_with_self_in_the_key() {
    insta::assert_snapshot!(cached! {
        (ttl = Self::TTL, key = (self.tenant, user.id + 1), cache = self.cache)
        pub async fn rights(&mut self, user: &User, unused: u8) -> Vec<Right> { self.find(user).await }
    });
}

#[test]
fn generic_fn() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", skip(source, S))
        async fn read<'a, T, S, const N: usize>(source: &'a S, part: [T; N]) -> Option<T>
        where
            T: CacheKey,
            S: Source<T>,
        {
            source.read(part).await
        }
    });
}

#[test]
fn patterns() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", skip(state))
        async fn sum(State(state): State, Wrapper(x): Wrapper, (a, mut b): (u32, u32), mut c: u32, _: u8) -> u32 {
            state + x + a + b + c
        }
    });
}

#[test]
fn readable_key() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", key = "{user.org}-{user.id:04}")
        async fn rights(user: &User, verbose: bool) -> Vec<Right> { find(user, verbose) }
    });
}

#[test]
fn tags() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", tags = ["all", "org:{user.org}/{id:04}", extra(shard)], key = id)
        async fn rights(user: &User, id: u32, shard: u8, other: u8) -> Vec<Right> { find(user, id) }
    });
}

#[test]
fn tags_from_the_value() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", tags_from = |user| [format!("org:{}", user.org)])
        async fn user(id: u64) -> Result<User, DbError> { find(id) }
    });
}

#[test]
fn how_long_the_value_is_kept() {
    insta::assert_snapshot!(cached! {
        (ttl = "forever", cache_if = is_final, ttl_from = |user| user.left, none_ttl = "30s")
        async fn user(id: u64) -> Option<User> { find(id) }
    });
}

#[test]
fn what_async_trait_leaves() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", skip(self))
        fn find<'life0, 'async_trait>(
            &'life0 self,
            id: u32,
        ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<u32, u8>> + ::core::marker::Send + 'async_trait>>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async move { Ok(id) })
        }
    });
}

#[test]
fn inner_attributes_move_out() {
    insta::assert_snapshot!(cached! {
        (ttl = "5m", entry = false)
        async fn one() -> u32 {
            #![expect(unused)]
            1
        }
    });
}

#[test]
fn invalidation() {
    insta::assert_snapshot!(invalidates! {
        (tags = ["user:{id}"])
        async fn rename(db: &Db, id: u64, name: &str) -> Result<(), DbError> { db.rename(id, name).await }
    });
}

#[test]
fn invalidation_of_everything() {
    insta::assert_snapshot!(invalidates! {
        (entries = [user_entry(id)], namespaces = ["user"], before, on = "ok", cache = self.cache)
        async fn clear(&self, id: u64) -> Result<(), Error> { self.delete(id).await }
    });
}

#[test]
fn what_is_named_is_expired() {
    insta::assert_snapshot!(invalidates! {
        (tags = ["user:{id}"], expire)
        async fn rename(id: u64) -> Result<(), DbError> { write(id).await }
    });
}
