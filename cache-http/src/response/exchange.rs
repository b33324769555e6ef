//! One request and what it is answered.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use parking_lot::Mutex;
use tower_service::Service;

use super::conditional::without_conditions;
use super::load::Asks;
use super::look::{Asked, Loading, kept, kept_entry};
use super::rules::{Serves, Wishes};
use super::stored::{Kept, Stored};
use super::told::{From, tell, told};
use super::{ResponseBody, Shared, load, name};
use crate::list::outside_quotes;
use crate::tags;

const GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// A request on its way, with the handler that is ready for it.
pub(super) struct Exchange<S, Q> {
    shared: Arc<Shared>,
    inner: S,
    request: Request<Q>,
}

impl<S, Q, R> Exchange<S, Q>
where
    S: Service<Request<Q>, Response = Response<R>, Error: Send, Future: Send> + Send + 'static,
    Q: Send + 'static,
    R: Body<Data = Bytes, Error: Send> + Send + 'static,
{
    pub(super) fn new(shared: Arc<Shared>, inner: S, request: Request<Q>) -> Self {
        Self {
            shared,
            inner,
            request,
        }
    }

    pub(super) async fn answer(mut self) -> Result<Response<ResponseBody<R>>, S::Error> {
        if self.is_inside() {
            let response = self.inner.call(self.request).await?;
            return Ok(response.map(ResponseBody::streamed));
        }
        let headers = self.request.headers();
        let wishes = Wishes::of(headers);
        let may_be_kept = !wishes.no_store
            && !headers.contains_key(header::RANGE)
            && !headers.contains_key(header::UPGRADE);
        match *self.request.method() {
            Method::GET if may_be_kept && !wishes.only_if_cached => self.got(wishes).await,
            Method::GET | Method::HEAD if wishes.only_if_cached => {
                Ok(self.looked_up(wishes).await.unwrap_or_else(not_there))
            }
            Method::HEAD if may_be_kept => match self.looked_up(wishes).await {
                Some(response) => Ok(response),
                None => self.passed().await,
            },
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE => self.passed().await,
            _ => self.changed().await,
        }
    }

    /// Whether a layer of the same cache is around this one, which has the same key for the request: it would wait for
    /// itself. Marks the request for those inside.
    fn is_inside(&mut self) -> bool {
        let cache = self.shared.cache.extension::<Running>();
        let around = self
            .request
            .extensions_mut()
            .get_or_insert_default::<Around>();
        let is_inside = around.0.iter().any(|other| Arc::ptr_eq(other, &cache));
        if !is_inside {
            around.0.push(cache);
        }
        is_inside
    }

    /// A `GET`, of one handler for all who ask at once.
    async fn got(self, wishes: Wishes) -> Result<Response<ResponseBody<R>>, S::Error> {
        let (parts, body) = self.request.into_parts();
        let whose = self.shared.whose(&parts);
        let mut key = name::key(&parts, &self.shared.vary, &whose);
        let mut asked = Asked::new(&parts, wishes);
        let handler = Handler::new(self.shared, whose.is_known(), self.inner, parts, body);
        let cache = &handler.shared.cache;
        let mut found = kept(cache, &key, &asked, handler.asked(&asked)).await;
        if let Kept::Response(stored) = &found
            && !stored.is_selected_by(&asked.parts.headers)
            && !handler.was_asked()
        {
            key = name::of_variant(&key, &stored.variant(&asked.parts.headers));
            asked = asked.of_variant();
            found = kept(cache, &key, &asked, handler.asked(&asked)).await;
        }
        if let Some(own) = handler.own.lock().take() {
            return own;
        }
        match found {
            Kept::Response(stored) => {
                let from = match handler.was_asked() {
                    true => From::Stored,
                    false => from_cache(&stored, &asked.wishes),
                };
                let response = told(&handler.shared, &stored, &asked.parts.headers, from);
                let serves = stored.terms.serves(&asked.wishes, SystemTime::now());
                if serves == Serves::WhileRevalidated && !handler.was_asked() {
                    handler.load_anew(key, asked.anew(&stored));
                }
                Ok(response)
            }
            Kept::Failed | Kept::NotShared => {
                if let (Kept::Failed, Some(stale)) = (&found, asked.on_error()) {
                    return Ok(told(
                        &handler.shared,
                        &stale,
                        &asked.parts.headers,
                        From::Stale,
                    ));
                }
                handler.answer().await
            }
        }
    }

    /// What is kept for a request, if it serves.
    fn looked_up(
        &self,
        wishes: Wishes,
    ) -> impl Future<Output = Option<Response<ResponseBody<R>>>> + Send + use<S, Q, R> {
        let mut request = Request::new(());
        *request.method_mut() = self.request.method().clone();
        *request.uri_mut() = self.request.uri().clone();
        *request.headers_mut() = self.request.headers().clone();
        *request.extensions_mut() = self.request.extensions().clone();
        let ((parts, ()), shared) = (request.into_parts(), Arc::clone(&self.shared));
        async move { looked_up(&shared, &Asked::new(&parts, wishes)).await }
    }

    /// What no cache may answer.
    async fn passed(mut self) -> Result<Response<ResponseBody<R>>, S::Error> {
        let response = self.inner.call(self.request).await?;
        let mut response = response.map(ResponseBody::streamed);
        tell(response.headers_mut(), From::Around, 0);
        Ok(response)
    }

    /// What changes its target, all responses to which are invalid once it has succeeded (RFC 9111, 4.4).
    async fn changed(mut self) -> Result<Response<ResponseBody<R>>, S::Error> {
        let (uri, headers) = (self.request.uri().clone(), self.request.headers().clone());
        let response = self.inner.call(self.request).await?;
        let mut response = response.map(ResponseBody::streamed);
        if response.status().is_success() || response.status().is_redirection() {
            invalidate(&self.shared, (&uri, &headers), response.headers()).await;
        }
        tell(response.headers_mut(), From::Around, 0);
        Ok(response)
    }
}

async fn looked_up<B: Body<Data = Bytes>>(
    shared: &Shared,
    asked: &Asked,
) -> Option<Response<ResponseBody<B>>> {
    let parts = &asked.parts;
    let whose = shared.whose(parts);
    let key = name::key(parts, &shared.vary, &whose);
    let mut stored = peeked(shared, asked, &key).await?;
    if !stored.is_selected_by(&parts.headers) {
        let key = name::of_variant(&key, &stored.variant(&parts.headers));
        stored = peeked(shared, asked, &key).await?;
    }
    if !stored.is_selected_by(&parts.headers) || !asked.serves(&stored) {
        return None;
    }
    let from = from_cache(&stored, &asked.wishes);
    let mut response = told(shared, &stored, &parts.headers, from);
    if parts.method == Method::HEAD {
        if response.status() == StatusCode::OK {
            let length = HeaderValue::from(stored.body.len());
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
        }
        response = response.map(|_| ResponseBody::whole(Bytes::new()));
    }
    Some(response)
}

async fn peeked(shared: &Shared, asked: &Asked, key: &str) -> Option<Arc<Stored>> {
    match kept_entry(&shared.cache, key, asked).get().await? {
        Kept::Response(stored) => Some(stored),
        _ => None,
    }
}

fn from_cache(stored: &Stored, wishes: &Wishes) -> From {
    match stored.terms.serves(wishes, SystemTime::now()) {
        Serves::Stale | Serves::WhileRevalidated => From::Stale,
        Serves::Fresh | Serves::Not => From::Kept,
    }
}

/// Where a client takes what is kept alone, and nothing is (RFC 9111, 5.2.1.7).
fn not_there<B: Body<Data = Bytes>>() -> Response<ResponseBody<B>> {
    let mut response = Response::new(ResponseBody::whole(Bytes::new()));
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    tell(response.headers_mut(), From::Handler, 0);
    response
}

async fn invalidate(shared: &Shared, asked: (&Uri, &HeaderMap), said: &HeaderMap) {
    let mut all = vec![name::tag_of(asked.0, asked.1)];
    for field in [header::LOCATION, header::CONTENT_LOCATION] {
        all.extend(name::tag_named(&field, said, asked));
    }
    for line in said.get_all(GROUP_INVALIDATION) {
        let groups = line.to_str().unwrap_or_default();
        all.extend(outside_quotes(groups).map(tags::unquoted));
    }
    all.sort_unstable();
    all.dedup();
    for tag in all.into_iter().filter(|tag| !tag.is_empty()) {
        if let Err(error) = shared.cache.tag(tag).invalidate().await {
            // It is owed, and carried out once Redis is back.
            tracing::warn!(target: "cache", %error, "responses to what a request has changed are not invalid yet");
        }
    }
}

type Answer<R, E> = Result<Response<ResponseBody<R>>, E>;

/// The handler, to be asked once at most.
struct Handler<S: Service<Request<Q>>, Q, R: Body> {
    shared: Arc<Shared>,
    is_private: bool,
    ready: Mutex<Option<(S, Parts, Q)>>,
    /// What it said, where that is for this request alone.
    own: Mutex<Option<Answer<R, S::Error>>>,
}

impl<S, Q, R> Handler<S, Q, R>
where
    S: Service<Request<Q>, Response = Response<R>, Error: Send, Future: Send> + Send + 'static,
    Q: Send + 'static,
    R: Body<Data = Bytes, Error: Send> + Send + 'static,
{
    fn new(shared: Arc<Shared>, is_private: bool, inner: S, parts: Parts, body: Q) -> Self {
        Self {
            shared,
            is_private,
            ready: Mutex::new(Some((inner, parts, body))),
            own: Mutex::new(None),
        }
    }

    fn was_asked(&self) -> bool {
        self.ready.lock().is_none()
    }

    /// Asks it for all who wait.
    fn asked<'a>(&'a self, asked: &'a Asked) -> Loading<'a> {
        Box::pin(async move {
            let Some((mut inner, parts, body)) = self.ready.lock().take() else {
                return Kept::Failed;
            };
            let older = asked.refused.lock().clone();
            let mut request = Request::from_parts(parts, body);
            without_conditions(request.headers_mut());
            if let Some(older) = &older {
                older.validate(request.headers_mut());
            }
            let answer = inner.call(request).await;
            let failed = answer
                .as_ref()
                .map_or(true, |response| response.status().is_server_error());
            if let (true, Some(stale)) = (failed, asked.on_error()) {
                let response = told(&self.shared, &stale, &asked.parts.headers, From::Stale);
                *self.own.lock() = Some(Ok(response));
                return Kept::Failed;
            }
            match (answer, older) {
                (Err(error), _) => {
                    *self.own.lock() = Some(Err(error));
                    Kept::Failed
                }
                (Ok(response), Some(older)) if response.status() == StatusCode::NOT_MODIFIED => {
                    self.noted(load::unchanged(&self.asks(asked), &older, &response))
                }
                (Ok(response), _) => self.noted(load::kept(&self.asks(asked), response).await),
            }
        })
    }

    fn asks<'a>(&'a self, asked: &'a Asked) -> Asks<'a> {
        Asks {
            shared: &self.shared,
            parts: &asked.parts,
            is_private: self.is_private,
        }
    }

    fn noted(&self, (kept, own): (Kept, Option<Response<ResponseBody<R>>>)) -> Kept {
        if let Some(mut response) = own {
            tell(response.headers_mut(), From::Handler, 0);
            *self.own.lock() = Some(Ok(response));
        }
        kept
    }

    /// Asks it for this request alone.
    async fn answer(self) -> Result<Response<ResponseBody<R>>, S::Error> {
        let ready = self.ready.lock().take();
        let Some((mut inner, parts, body)) = ready else {
            // It was asked, and kept nothing of what it said but that it failed.
            return Ok(not_there());
        };
        let response = inner.call(Request::from_parts(parts, body)).await?;
        let mut response = response.map(ResponseBody::streamed);
        tell(response.headers_mut(), From::Handler, 0);
        Ok(response)
    }

    /// Asks it in a task for what is stale, one at a time for each key.
    fn load_anew(self, key: String, asked: Asked) {
        let running = self.shared.cache.extension::<Running>();
        {
            let mut keys = running.0.lock();
            if keys.len() >= MOST_TASKS || !keys.insert(key.clone()) {
                return;
            }
        }
        let end = End(Arc::clone(&running), key);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            kept(&self.shared.cache, &end.1, &asked, self.asked(&asked)).await;
        });
    }
}

/// How many tasks load anew at once; while there are as many, what is stale is served as it is.
const MOST_TASKS: usize = 64;

/// The caches whose layers a request has passed.
#[derive(Clone, Default)]
struct Around(Vec<Arc<Running>>);

/// The keys that are loaded anew in tasks now.
#[derive(Default)]
struct Running(Mutex<HashSet<String>>);

struct End(Arc<Running>, String);

impl Drop for End {
    fn drop(&mut self) {
        self.0.0.lock().remove(&self.1);
    }
}
