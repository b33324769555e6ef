//! `Self` and what belongs to it in arguments, values and array lengths.

use cache_runtime::{CacheError, CacheKey, cached};
use serde::{Deserialize, Serialize};

pub trait Table {
    type Id;
    const WIDTH: usize;
}

#[derive(Clone, CacheKey, Serialize, Deserialize)]
pub struct Row(pub u32);

impl Table for Row {
    type Id = u32;
    const WIDTH: usize = 3;
}

impl Row {
    #[cached(ttl = "5m", skip(self))]
    pub async fn next(&self, by: u32) -> Self {
        Self(self.0 + by)
    }

    #[cached(ttl = "5m")]
    pub async fn of(id: <Self as Table>::Id) -> Option<Self> {
        Some(Self(id))
    }

    #[cached(ttl = "5m")]
    pub async fn sum(one: Self, other: &Self) -> Result<Box<Self>, String> {
        Ok(Box::new(Self(one.0 + other.0)))
    }

    #[cached(ttl = "5m")]
    pub async fn ids(id: u32) -> [u32; <Self as Table>::WIDTH] {
        [id; <Self as Table>::WIDTH]
    }
}

pub async fn clear(row: Row) -> Result<(), CacheError> {
    Row::next_entry(1).invalidate().await?;
    Row::of_entry(1).invalidate().await?;
    Row::sum_entry(row.clone(), &row).invalidate().await?;
    Row::ids_entry(1).invalidate().await
}
