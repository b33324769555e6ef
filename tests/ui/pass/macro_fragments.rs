//! Fns that macros make of every kind of fragment.

use cache_runtime::{CacheError, cache_invalidate, cache_put, cached};

macro_rules! whole {
    ($(#[$meta:meta])* $vis:vis $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty $body:block) => {
        #[cached(ttl = "5m")]
        $(#[$meta])*
        $vis async fn $name($($arg: $ty),*) -> $out $body
    };
}

whole! {
    /// Of two.
    #[must_use]
    pub(crate) sum(a: u32, b: u32) -> u32 { a + b }
}
whole!(of_none() -> Vec<u8> { Vec::new() });

macro_rules! parts {
    ($name:ident, $pattern:pat, $ty:ty, $life:lifetime, $path:path, $done:stmt, $level:literal, $value:expr) => {
        #[cached(ttl = $level, skip(text))]
        pub async fn $name<$life>($pattern: $ty, text: &$life str) -> $path {
            $done
            let text: &$life str = text;
            drop(text.to_owned());
            $value
        }
    };
}

parts!(of_parts, (_, _), (u32, u32), 'a, std::string::String, let _ = 1, "5m", String::new());

macro_rules! items {
    ($($item:item)*) => { $($item)* };
}

items! {
    #[cached(ttl = "5m", tags = ["item:{id}"])]
    pub async fn of_an_item(id: u32) -> u32 {
        id
    }

    #[cache_put(entry = of_an_item_entry(id))]
    #[cache_invalidate(tags = ["item:{id}"])]
    pub async fn write(id: u32) -> u32 {
        id
    }
}

macro_rules! methods {
    ($owner:ident { $($name:ident $id:ident),* }) => {
        pub struct $owner;

        impl $owner {
            $(
                #[cached(ttl = "5m", skip(self), tags = [format!("id:{}", $id)], key = (stringify!($name), $id))]
                pub async fn $name(&self, $id: u32) -> u32 {
                    let _ = self;
                    $id
                }
            )*
        }
    };
}

methods!(Users { one id, two id });

macro_rules! keeps {
    ($entry:ident => $name:ident: $($setting:tt)*) => {
        #[cached($($setting)*, entry = $entry)]
        pub async fn $name(id: u32) -> Option<u32> {
            Some(id)
        }
    };
}

keeps!(kept => of_settings: ttl = 60 * 5, none_ttl = "1s", tags = ["all"], cache_if = |found| found.is_some());

macro_rules! returns {
    ($value:expr) => {
        return $value
    };
}

#[cached(ttl = "5m")]
pub async fn of_a_return(id: u32) -> u32 {
    if id > 7 {
        returns!(id);
    }
    0
}

pub async fn clear() -> Result<(), CacheError> {
    sum_entry(1, 2).invalidate().await?;
    of_none_entry().invalidate().await?;
    of_an_item_entry(1).invalidate().await?;
    kept(1).invalidate().await
}
