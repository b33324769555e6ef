//! The service around a handler.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::exchange::Exchange;
use super::{ResponseBody, Shared};

/// What [`ResponseCache`](super::ResponseCache) makes of a handler.
#[derive(Clone)]
pub struct ResponseCacheService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> ResponseCacheService<S> {
    pub(super) fn new(shared: Arc<Shared>, inner: S) -> Self {
        Self { shared, inner }
    }
}

impl<S, Q, R> Service<Request<Q>> for ResponseCacheService<S>
where
    S: Service<Request<Q>, Response = Response<R>, Error: Send, Future: Send>
        + Clone
        + Send
        + 'static,
    Q: Send + 'static,
    R: Body<Data = Bytes, Error: Send> + Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The one that is ready is the one that is called.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        Box::pin(Exchange::new(Arc::clone(&self.shared), inner, request).answer())
    }
}

impl<S: fmt::Debug> fmt::Debug for ResponseCacheService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResponseCacheService")
            .field(&self.inner)
            .finish()
    }
}
