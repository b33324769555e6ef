//! Annotated fns that a macro writes, with its names and its caller's.

use cache_runtime::cached;

macro_rules! make {
    ($name:ident, $id:ident, $ty:ty, $body:expr) => {
        #[cached(ttl = "5m", tags = ["all"], key = ($id, scale))]
        pub async fn $name($id: $ty, scale: u32) -> $ty {
            $body + <$ty>::from(scale)
        }
    };
}

make!(twice, id, u64, id * 2);

fn main() {}
