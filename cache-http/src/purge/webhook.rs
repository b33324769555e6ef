//! A purge by an HTTP request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Purge, Purged};

/// How long an answer is waited for unless said otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

type BodyOf = Arc<dyn Fn(&Purged) -> String + Send + Sync>;

/// Purges by a `POST` of JSON: `{"tags":["user:7"]}`, or `{"purge_everything":true}`, which is what Cloudflare takes. Any
/// 2xx is done; all else is tried again.
///
/// Another CDN has its own body, as Fastly, which calls tags surrogate keys:
///
/// ```
/// # fn example() -> Result<(), cache_http::purge::WebhookError> {
/// use cache_http::purge::{Purged, Webhook};
///
/// let fastly = Webhook::new("https://api.fastly.com/service/1a2b/purge")?
///     .header("fastly-key", "..")?
///     .body(|what| match what {
///         Purged::Tags(tags) => serde_json::json!({ "surrogate_keys": tags }).to_string(),
///         // It has a call of its own for that.
///         _ => "{}".to_owned(),
///     });
/// # Ok(()) }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct Webhook {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
    headers: HeaderMap,
    body: BodyOf,
    timeout: Duration,
}

/// What is wrong with a webhook, or what came of it. It carries no URL and no header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// It is no URL that can be asked.
    #[error("the webhook's URL is wrong: give one as `https://cdn.example/purge`")]
    Url,
    /// It is no header field.
    #[error(
        "the header field `{name}` is wrong: a name is of letters and dashes, and a value has no line break"
    )]
    Header {
        /// What was given as its name.
        name: String,
    },
    /// The system has no certificates by which a server could be trusted.
    #[error(
        "no root certificates were found: install the system's, as the package ca-certificates"
    )]
    Certificates,
    /// Nobody answered.
    #[error("the webhook was not answered: {cause}")]
    Unanswered {
        /// Why, as far as it is known.
        cause: String,
    },
    /// It was answered with a status that is no success.
    #[error("the webhook was answered {status}")]
    Refused {
        /// The status.
        status: u16,
    },
}

impl Webhook {
    /// A webhook at this URL, of `https` or `http`.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Url`] for what is no such URL, [`WebhookError::Certificates`] where the system has none.
    pub fn new(url: &str) -> Result<Self, WebhookError> {
        let uri: Uri = url.parse().map_err(|_| WebhookError::Url)?;
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        if !is_web || uri.host().is_none_or(str::is_empty) {
            return Err(WebhookError::Url);
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider());
        let connector = connector.map_err(|_| WebhookError::Certificates)?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            uri,
            headers: HeaderMap::new(),
            body: Arc::new(body),
            timeout: TIMEOUT,
        })
    }

    /// A header field of each request, as `authorization`. It is not told of anywhere.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Header`] for what is no field.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, WebhookError> {
        let wrong = || WebhookError::Header {
            name: name.to_owned(),
        };
        let field = HeaderName::try_from(name).map_err(|_| wrong())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        self.headers.insert(field, value);
        Ok(self)
    }

    /// The body of a request, where the CDN has its own form.
    #[must_use]
    pub fn body(mut self, body: impl Fn(&Purged) -> String + Send + Sync + 'static) -> Self {
        self.body = Arc::new(body);
        self
    }

    /// How long an answer is waited for: 10 s unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn request(&self, what: &Purged) -> Request<Full<Bytes>> {
        let body = Full::new(Bytes::from((self.body)(what)));
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        let own = self.headers.iter();
        headers.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        request
    }
}

fn body(what: &Purged) -> String {
    match what {
        Purged::Tags(tags) => serde_json::json!({ "tags": tags }),
        Purged::Everything => serde_json::json!({ "purge_everything": true }),
    }
    .to_string()
}

impl Purge for Webhook {
    type Error = WebhookError;

    async fn purge(&self, what: &Purged) -> Result<(), WebhookError> {
        let unanswered = |cause: String| WebhookError::Unanswered { cause };
        let asked = self.client.request(self.request(what));
        let answer = tokio::time::timeout(self.timeout, asked).await;
        let answer = answer.map_err(|_| unanswered(format!("not within {:?}", self.timeout)))?;
        // An error of the client's names no URL; its source says what happened.
        let status = answer
            .map_err(|error| unanswered(error.to_string()))?
            .status();
        match status.is_success() {
            true => Ok(()),
            false => Err(WebhookError::Refused {
                status: status.as_u16(),
            }),
        }
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}
