//! A handler that counts its calls, and what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cache_http::ResponseCache;
use tower_service::Service as _;

/// What is answered: a status, fields and a body.
pub(crate) type Answer = (StatusCode, Vec<(String, String)>, Vec<u8>);

/// A program with one handler behind a layer.
#[derive(Clone)]
pub(crate) struct App {
    router: Router,
    calls: Arc<AtomicUsize>,
}

impl App {
    pub(crate) fn new(
        layer: ResponseCache,
        handle: impl Fn(usize, &Request) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let calls = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&calls);
        let handler = move |request: Request| {
            let call = counted.fetch_add(1, Ordering::SeqCst) + 1;
            let (status, fields, body) = handle(call, &request);
            async move {
                // All who ask at once are on their way by then.
                tokio::task::yield_now().await;
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                for (name, value) in fields {
                    let name: axum::http::HeaderName = name.parse().expect("a name");
                    response
                        .headers_mut()
                        .append(name, value.parse().expect("a value"));
                }
                response.into_response()
            }
        };
        Self {
            router: Router::new().fallback(handler).layer(layer),
            calls,
        }
    }

    /// Of one that always answers 200 with these fields, and the number of its call.
    pub(crate) fn saying(layer: ResponseCache, fields: &[(&str, &str)]) -> Self {
        let fields = owned(fields);
        Self::new(layer, move |call, _| {
            (
                StatusCode::OK,
                fields.clone(),
                format!("answer {call}").into_bytes(),
            )
        })
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Said {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.clone().call(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        Said {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(Method::GET, path, &[]).await
    }
}

pub(crate) fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Said {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub(crate) fn from(&self) -> &str {
        self.field("x-cache")
    }
}
