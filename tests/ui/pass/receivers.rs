//! Every kind of receiver that a method can have.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use cache_runtime::{CacheError, cached};

pub struct Users {
    pub tenant: u32,
}

impl Users {
    #[cached(ttl = "5m", skip(self))]
    pub async fn by_arc(self: Arc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_arc_reference(self: &Arc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_box(self: Box<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_rc(self: Rc<Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_pin(self: Pin<&Self>, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_mutable_pin(mut self: Pin<&mut Self>, id: u32) -> u32 {
        self.tenant += 1;
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_mutable_value(mut self, id: u32) -> u32 {
        self.tenant += id;
        self.tenant
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_lifetime<'a>(&'a self, name: &'a str) -> String {
        let tenant: &'a u32 = &self.tenant;
        format!("{tenant}{name}")
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_written_type(self: &Self, id: u32) -> u32 {
        self.tenant + id
    }

    #[cached(ttl = "5m", skip(self))]
    pub async fn by_own_name(self: Pin<Arc<Users>>, id: u32) -> u32 {
        self.tenant + id
    }
}

pub async fn clear() -> Result<(), CacheError> {
    Users::by_arc_entry(1).invalidate().await?;
    Users::by_arc_reference_entry(1).invalidate().await?;
    Users::by_box_entry(1).invalidate().await?;
    Users::by_rc_entry(1).invalidate().await?;
    Users::by_pin_entry(1).invalidate().await?;
    Users::by_mutable_pin_entry(1).invalidate().await?;
    Users::by_mutable_value_entry(1).invalidate().await?;
    Users::by_lifetime_entry("a").invalidate().await?;
    Users::by_written_type_entry(1).invalidate().await?;
    Users::by_own_name_entry(1).invalidate().await
}
