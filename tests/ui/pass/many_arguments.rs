//! More arguments than the tuples of std have impls for.

use cache_runtime::{CacheError, cached};

#[cached(ttl = "5m", tags = ["a:{a}", "t:{t}"])]
pub async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
    q: u8,
    r: u8,
    s: u8,
    t: u8,
) -> u32 {
    let all = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t];
    all.into_iter().map(u32::from).sum()
}

#[cached(ttl = "5m")]
pub async fn nested((a, (b, [c, d])): (u8, (u8, [u8; 2])), ((((e,),),),): ((((u8,),),),)) -> u8 {
    a + b + c + d + e
}

pub async fn clear() -> Result<(), CacheError> {
    many_entry(
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    )
    .invalidate()
    .await?;
    nested_entry((1, (2, [3, 4])), ((((5,),),),))
        .invalidate()
        .await
}
