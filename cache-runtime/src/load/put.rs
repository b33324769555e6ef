//! Writing an entry without a miss: a value that is put, and a refresh that was asked for.
//!
//! Both first overwrite the lease with a token of their own, so that a load that began before them
//! can't store over them, and drop this process's copies before and after.

use std::pin::Pin;
use std::sync::Arc;

use super::fetch::{Right, claim};
use super::request::Request;
use super::store::{Kept, Loading, fill, kept_locally, weigh};
use super::{Run, run_body};
use crate::error::{CacheError, Result};
use crate::events::{Event, Miss, Unstored};
use crate::invalidate::invalidate;
use crate::memory::Held;
use crate::returns::Returns;
use crate::stamp::Watch;
use crate::tag::TagsFrom;
use crate::value::Cacheable;

/// Stores a value as the entry's.
///
/// Where another invalidation or put came between, or Redis failed, the entry is invalidated
/// instead: an older value never stays behind a put that failed.
pub(crate) async fn put<T: Cacheable>(
    request: &Request,
    _tags_from: TagsFrom<T>,
    value: T,
) -> Result<()> {
    let draft = Writing::begin(request).await;
    match draft {
        Ok(writing) => {
            let Writing { right, watch } = writing;
            let loading = Loading {
                right,
                began: request.tiers.clock.now(),
                watch,
                took_us: 0,
            };
            write(request, loading, &value).await
        }
        Err(cause) => {
            invalidate(&request.tiers, vec![request.target()], false).await?;
            Err(CacheError::Unavailable {
                doing: "put the value, so it invalidated the entry",
                cause,
            })
        }
    }
}

/// Runs the body and stores its value, whatever the tiers hold.
pub(crate) async fn refresh<M, R, F>(
    request: &Request,
    _tags_from: TagsFrom<M::Value>,
    body: Pin<&mut F>,
) -> R
where
    M: Returns<R>,
    F: Future<Output = R>,
{
    request.miss(Miss::Refresh);
    let (right, watch) = match Writing::begin(request).await {
        Ok(writing) => (writing.right, Some(writing.watch)),
        Err(cause) => {
            request.trouble("refresh", &cause);
            (None, None)
        }
    };
    let run = Run::begin(request);
    let returned = run_body(right.as_ref(), body).await;
    // Split before anything is awaited: an error that is not `Send` is held across no await.
    let value = match M::split(returned) {
        Ok(value) => value,
        Err(error) => {
            run.failed();
            return M::error(error);
        }
    };
    if let Some(watch) = watch {
        let loading = run.loaded(right, &watch);
        // The value is the caller's in any case; what went wrong was counted.
        let _ = write(request, loading, &value).await;
    } else {
        run.loaded(right, &request.watch());
        request.emit(Event::Unstored(Unstored::Outage));
    }
    M::value(value)
}

/// The right to write, taken before the value is made.
struct Writing {
    right: Option<Right>,
    watch: Watch,
}

impl Writing {
    async fn begin(request: &Request) -> Result<Self, String> {
        request.tiers.cells.flip(&request.subjects[0]);
        let watch = request.watch();
        let right = match &request.tiers.link {
            None => None,
            Some(_) if request.tiers.owed.covers(&request.subjects) => {
                return Err("an invalidation is owed".to_owned());
            }
            Some(link) => match claim(request, link).await {
                Ok(Some(right)) => Some(right),
                Ok(None) => return Err("a stamp could not be made".to_owned()),
                Err(fault) => return Err(fault.as_str().to_owned()),
            },
        };
        Ok(Self { right, watch })
    }
}

async fn write<T: Cacheable>(request: &Request, loading: Loading, value: &T) -> Result<()> {
    let payload = match weigh(request, value) {
        Ok(payload) => payload,
        Err(why) => return refuse(request, why).await,
    };
    let (bytes, watch) = (payload.len(), loading.watch.clone());
    match fill(request, loading, payload).await {
        Kept::Local => keep(request, &watch, bytes, value),
        Kept::Stored { .. } => {
            request.tiers.cells.flip(&request.subjects[0]);
            Ok(())
        }
        Kept::Overtaken => {
            invalidate(&request.tiers, vec![request.target()], false).await?;
            Err(CacheError::Overtaken)
        }
        Kept::Briefly | Kept::Nowhere => {
            invalidate(&request.tiers, vec![request.target()], false).await?;
            Err(CacheError::Unavailable {
                doing: "put the value, so it invalidated the entry",
                cause: "redis did not store it".to_owned(),
            })
        }
    }
}

/// The entry as it was is not what the caller wanted there, so it goes.
async fn refuse(request: &Request, why: Unstored) -> Result<()> {
    request.emit(Event::Unstored(why));
    invalidate(&request.tiers, vec![request.target()], false).await?;
    let limit = request.tiers.limits.max_value;
    Err(match why {
        Unstored::TooLarge => CacheError::TooLarge { limit },
        _ => CacheError::Encode,
    })
}

/// Without Redis the value goes into memory, unless an invalidation came since it was begun.
fn keep<T: Cacheable>(request: &Request, watch: &Watch, bytes: usize, value: &T) -> Result<()> {
    let tiers = &request.tiers;
    let Some(watch) = tiers.cells.supersede(&request.subjects[0], watch) else {
        request.emit(Event::Unstored(Unstored::Overtaken));
        return Err(CacheError::Overtaken);
    };
    let held = Arc::new(Held {
        until: tiers.clock.now().plus_ms(request.policy.ttl_ms),
        watch,
        weight: u32::try_from(bytes).unwrap_or(u32::MAX),
        counters: Arc::clone(&request.counters),
        value: value.clone(),
    });
    let there = request.keep(&held);
    kept_locally(request, &held, there, bytes);
    Ok(())
}
