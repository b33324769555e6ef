//! Const parameters of several types, on fns and on impl blocks, and constants in array lengths.

use cache_runtime::{CacheError, cached};

pub const WIDTH: usize = 4;

#[cached(ttl = "5m")]
pub async fn kinds<const N: usize, const FLAG: bool, const LETTER: char>(id: u32) -> Vec<char> {
    if FLAG {
        vec![LETTER; N]
    } else {
        vec![LETTER; id as usize]
    }
}

#[cached(ttl = "5m")]
pub async fn same_length<const N: usize>(left: [u8; N], right: &[u8; N]) -> [u8; WIDTH * 2] {
    let sum = left
        .iter()
        .zip(right)
        .map(|(left, right)| left ^ right)
        .fold(0, |all, one| all ^ one);
    [sum; WIDTH * 2]
}

pub struct Ring<T, const N: usize>(pub [T; N]);

impl<T: Sync, const N: usize> Ring<T, N> {
    #[cached(ttl = "5m", skip(self), key = (N, id))]
    pub async fn slot(&self, id: usize) -> usize {
        let _ = &self.0;
        id % N
    }
}

impl Ring<u8, { WIDTH + 1 }> {
    #[cached(ttl = "5m", skip(self))]
    pub async fn of_a_fixed_size(&self, id: usize) -> usize {
        self.0.len() + id
    }
}

pub async fn clear() -> Result<(), CacheError> {
    kinds_entry::<1, true, 'a'>(1).invalidate().await?;
    same_length_entry([1, 2], &[3, 4]).invalidate().await?;
    Ring::<u8, 5>::of_a_fixed_size_entry(1).invalidate().await
}
