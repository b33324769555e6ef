//! The service around a handler.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use cache_toolkit::{Decision, ToolkitError};
use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use super::{RateLimit, answer, fields, who};

/// A service whose requests are counted; made by [`RateLimit`].
#[derive(Clone, Debug)]
pub struct RateLimited<S> {
    inner: S,
    rules: Arc<RateLimit>,
}

/// What becomes of a request.
enum Verdict {
    /// It is not counted.
    Exempt,
    Counted(Decision),
    /// It weighs more than the limit.
    TooHeavy,
    Uncounted,
}

impl<S> RateLimited<S> {
    pub(super) fn new(inner: S, rules: RateLimit) -> Self {
        Self {
            inner,
            rules: Arc::new(rules),
        }
    }
}

impl RateLimit {
    async fn judge(&self, parts: &Parts) -> Verdict {
        if self.exempt.as_ref().is_some_and(|exempt| (exempt.0)(parts)) {
            return Verdict::Exempt;
        }
        let weight = self.weight.as_ref().map_or(1, |weight| (weight.0)(parts));
        if weight == 0 {
            return Verdict::Exempt;
        }
        if weight > self.limiter.limit() {
            return Verdict::TooHeavy;
        }
        let name = who::name(&self.who, parts).await;
        match self.limiter.check_many(&name, weight).await {
            Ok(decision) => Verdict::Counted(decision),
            Err(error) => {
                tell(&error);
                Verdict::Uncounted
            }
        }
    }

    /// The answer to a request that does not pass.
    fn refusal<B: From<Bytes>>(&self, verdict: &Verdict) -> Option<Response<B>> {
        let (mut response, decision) = match verdict {
            Verdict::Counted(decision) if !decision.is_allowed => {
                let again = decision.retry_after.unwrap_or_default();
                (answer::too_many(&self.policy, Some(again)), Some(decision))
            }
            Verdict::TooHeavy => (answer::too_many(&self.policy, None), None),
            Verdict::Uncounted => (answer::uncounted(), None),
            Verdict::Counted(_) | Verdict::Exempt => return None,
        };
        fields::add(
            response.headers_mut(),
            &self.policy,
            &self.limiter,
            decision,
        );
        Some(response)
    }
}

/// An outage is told of by the cache already.
fn tell(error: &ToolkitError) {
    match error {
        ToolkitError::Command(command) if command.is_outage() => {}
        error => tracing::warn!(%error, "requests are refused, as they can't be counted"),
    }
}

impl<S, B, R> Service<Request<B>> for RateLimited<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Bytes> + Send,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes with the request, and its clone stays.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let rules = Arc::clone(&self.rules);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let verdict = rules.judge(&parts).await;
            if let Some(refusal) = rules.refusal(&verdict) {
                return Ok(refusal);
            }
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            if let Verdict::Counted(decision) = &verdict {
                let headers = response.headers_mut();
                fields::add(headers, &rules.policy, &rules.limiter, Some(decision));
            }
            Ok(response)
        })
    }
}
