//! A service that says in a response's fields what its handler has left unsaid.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cache_runtime::{Dependencies, dependencies};
use http::header::HeaderMap;
use http::{Extensions, Method, Request, Response, StatusCode};
use tower_service::Service;

use crate::credentials::Credentials;

/// What of a request matters to who tells.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Whether it says who asks: what is answered may be for them alone.
    pub(crate) is_of_one: bool,
}

/// What was answered, but for its body.
pub(crate) struct Answered<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a mut HeaderMap,
    pub(crate) extensions: &'a mut Extensions,
}

impl Answered<'_> {
    /// Whether the handler has said itself who may keep it for how long.
    pub(crate) fn says_who_keeps_it(&self) -> bool {
        let fields = ["cache-control", "cdn-cache-control", "expires", "pragma"];
        fields.iter().any(|name| self.headers.contains_key(*name))
    }
}

/// Who says what was left unsaid.
pub(crate) trait Tells: Send + Sync + 'static {
    /// Whether it wants to know what the handler's calls rest on.
    const LOOKS_ON: bool;

    /// By what a request says who asks.
    fn credentials(&self) -> &Credentials;

    fn tell(&self, asked: &Asked, answered: Answered<'_>, rests_on: Dependencies);
}

/// What [`Hints`](crate::hints::Hints) or [`StaticAssets`](crate::assets::StaticAssets) makes of a handler.
pub struct Telling<S, T> {
    inner: S,
    tells: Arc<T>,
}

impl<S, T> Telling<S, T> {
    pub(crate) fn new(inner: S, tells: &Arc<T>) -> Self {
        Self {
            inner,
            tells: Arc::clone(tells),
        }
    }
}

impl<S: Clone, T> Clone for Telling<S, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), &self.tells)
    }
}

impl<S, T, Q, R> Service<Request<Q>> for Telling<S, T>
where
    S: Service<Request<Q>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
    T: Tells,
    Q: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The one that is ready is the one that is called.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let tells = Arc::clone(&self.tells);
        Box::pin(async move {
            let asked = Asked {
                method: request.method().clone(),
                path: request.uri().path().to_owned(),
                is_of_one: tells.credentials().are_in(request.headers()),
            };
            let answering = inner.call(request);
            let (answer, rests_on) = match T::LOOKS_ON {
                true => dependencies(answering).await,
                false => (answering.await, Dependencies::default()),
            };
            let (mut head, body) = answer?.into_parts();
            let answered = Answered {
                status: head.status,
                headers: &mut head.headers,
                extensions: &mut head.extensions,
            };
            tells.tell(&asked, answered, rests_on);
            Ok(Response::from_parts(head, body))
        })
    }
}

impl<S: fmt::Debug, T> fmt::Debug for Telling<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Telling").field(&self.inner).finish()
    }
}
