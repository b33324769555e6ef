//! What may be kept, for how long, and whom it serves: RFC 9111, with `stale-while-revalidate` and `stale-if-error`
//! (RFC 5861) and `CDN-Cache-Control` (RFC 9213).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_cache_semantics::{CacheOptions, CachePolicy};
use serde::{Deserialize, Serialize};

use super::directives::Directives;
use super::stored::{unix_ms, vary};

const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// For how much longer than it is fresh a response is kept whose handler can be asked whether it has changed.
const TO_REVALIDATE: Duration = Duration::from_secs(3_600);

/// Until when a response is fresh, and what may be done with it after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    received_ms: u64,
    /// As it came.
    age: Duration,
    lifetime: Duration,
    /// Whether it serves nobody once it is stale, without a word of the handler.
    is_strict: bool,
    while_revalidate: Duration,
    if_error: Duration,
    /// Whether the handler can be asked whether it has changed.
    has_validator: bool,
}

/// What is known of a response beside its fields.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
    /// For how long one is fresh that says nothing of it.
    pub(super) ttl: Option<Duration>,
    /// For how long what it rests on is fresh, where it says no more itself.
    pub(super) lent: Option<Duration>,
    pub(super) stale_if_error: Duration,
    /// Whether nobody else is served what is kept.
    pub(super) is_private: bool,
    /// Whether it may be for who asked alone, and nobody says whose it is.
    pub(super) is_of_one: bool,
}

/// How a response that is kept serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serves {
    Fresh,
    /// Stale, as the request takes that.
    Stale,
    /// Stale, while it is loaded anew.
    WhileRevalidated,
    /// Not before the handler was asked.
    Not,
}

/// What a request asks of a cache.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    no_cache: bool,
    pub(super) no_store: bool,
    pub(super) only_if_cached: bool,
    max_age: Option<Duration>,
    min_fresh: Option<Duration>,
    max_stale: Option<Duration>,
}

impl Wishes {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let all = Directives::of(headers, &header::CACHE_CONTROL);
        let pragma = Directives::of(headers, &header::PRAGMA);
        let any_age = all.has("max-stale").then_some(Duration::MAX);
        Self {
            no_cache: all.has("no-cache") || (all.is_empty() && pragma.has("no-cache")),
            no_store: all.has("no-store"),
            only_if_cached: all.has("only-if-cached"),
            max_age: all.seconds("max-age"),
            min_fresh: all.seconds("min-fresh"),
            max_stale: all.seconds("max-stale").or(any_age),
        }
    }
}

impl Terms {
    /// Those of a response; `None` for one that is not to be kept.
    pub(super) fn of(
        (method, uri, asked): (&Method, &Uri, &HeaderMap),
        (status, headers): (StatusCode, &HeaderMap),
        settings: Settings,
        now: SystemTime,
    ) -> Option<Self> {
        if headers.contains_key(header::SET_COOKIE) || vary(headers).is_none() {
            return None;
        }
        let headers = &targeted(headers);
        let says = Directives::of(headers, &header::CACHE_CONTROL);
        let policy = policy(
            (method, uri, asked),
            (status, headers),
            settings.is_private,
            now,
        );
        if !policy.is_storable() || (says.has("no-store") || is_endless(headers)) {
            return None;
        }
        let age = Directives::of(headers, &header::AGE);
        let age = age.first_number().unwrap_or(age_by_date(headers, now));
        let mut lifetime = (policy.time_to_live(now) + policy.age(now)).min(FOR_EVER);
        if policy.time_to_live(now).is_zero() {
            lifetime = explicit(&says, settings.is_private).unwrap_or_default();
        }
        let is_silent = !says.has("max-age")
            && !says.has("s-maxage")
            && !headers.contains_key(header::EXPIRES)
            && !headers.contains_key(header::LAST_MODIFIED);
        if let (true, Some(ttl)) = (is_silent && status == StatusCode::OK, settings.ttl)
            && (settings.is_private || !settings.is_of_one || says.has("public"))
        {
            lifetime = ttl;
        }
        let mut no_cache = says.has("no-cache") || (says.is_empty() && pragma(headers));
        if let (true, Some(lent)) = (settings.is_private, settings.lent) {
            // What is said is for the browser.
            (lifetime, no_cache) = (lent, false);
        }
        let terms = Self {
            received_ms: unix_ms(now),
            age,
            lifetime: if no_cache { Duration::ZERO } else { lifetime },
            is_strict: no_cache
                || says.has("must-revalidate")
                || (!settings.is_private && is_strict_when_shared(&says)),
            while_revalidate: says.seconds("stale-while-revalidate").unwrap_or_default(),
            if_error: (says.seconds("stale-if-error")).unwrap_or(settings.stale_if_error),
            has_validator: headers.contains_key(header::ETAG)
                || headers.contains_key(header::LAST_MODIFIED),
        };
        (!terms.kept_for().is_zero()).then_some(terms)
    }

    pub(super) fn age(&self, now: SystemTime) -> Duration {
        self.age + Duration::from_millis(unix_ms(now).saturating_sub(self.received_ms))
    }

    /// For how much longer it is fresh.
    pub(super) fn fresh_for(&self, now: SystemTime) -> Duration {
        self.lifetime.saturating_sub(self.age(now))
    }

    /// The same in whole seconds, less than zero once it is stale (RFC 9211, 2.5).
    pub(super) fn ttl(&self, now: SystemTime) -> i64 {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        seconds(self.lifetime).saturating_sub(seconds(self.age(now)))
    }

    pub(super) fn stale_for(&self, now: SystemTime) -> Duration {
        self.age(now).saturating_sub(self.lifetime)
    }

    /// From when it was received on.
    pub(super) fn kept_for(&self) -> Duration {
        let stale = match (self.is_strict, self.has_validator) {
            (_, true) => TO_REVALIDATE.max(self.while_revalidate).max(self.if_error),
            (true, false) => Duration::ZERO,
            (false, false) => self.while_revalidate.max(self.if_error),
        };
        self.lifetime.saturating_sub(self.age) + stale
    }

    pub(super) fn serves(&self, wishes: &Wishes, now: SystemTime) -> Serves {
        let (age, fresh_for) = (self.age(now), self.fresh_for(now));
        let is_refused = wishes.no_cache
            || wishes.max_age.is_some_and(|most| age > most)
            || wishes.min_fresh.is_some_and(|least| fresh_for < least);
        let stale_for = self.stale_for(now);
        match () {
            () if is_refused => Serves::Not,
            () if !fresh_for.is_zero() => Serves::Fresh,
            () if self.is_strict => Serves::Not,
            () if wishes.max_stale.is_some_and(|most| stale_for <= most) => Serves::Stale,
            () if stale_for < self.while_revalidate => Serves::WhileRevalidated,
            () => Serves::Not,
        }
    }

    /// Whether it serves where the handler fails.
    pub(super) fn serves_on_error(&self, now: SystemTime) -> bool {
        !self.is_strict && self.age(now) < self.lifetime.saturating_add(self.if_error)
    }
}

/// `s-maxage` says `proxy-revalidate` too (RFC 9111, 5.2.2.10), but where a stale window is named beside it, which is what
/// people write for their CDN.
fn is_strict_when_shared(says: &Directives) -> bool {
    let has_window = says.has("stale-while-revalidate") || says.has("stale-if-error");
    says.has("proxy-revalidate") || (says.has("s-maxage") && !has_window)
}

const FOR_EVER: Duration = Duration::from_secs(1 << 31);

/// The rules of RFC 9111, section 3 and 4.2, by `http-cache-semantics`.
fn policy(
    (method, uri, asked): (&Method, &Uri, &HeaderMap),
    (status, headers): (StatusCode, &HeaderMap),
    is_private: bool,
    now: SystemTime,
) -> CachePolicy {
    let mut request = Request::new(());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = asked.clone();
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    for name in [header::DATE, header::EXPIRES, header::LAST_MODIFIED] {
        in_one_form(response.headers_mut(), &name);
    }
    let options = CacheOptions {
        shared: !is_private,
        ..CacheOptions::default()
    };
    CachePolicy::new_options(&request, &response, now, options)
}

/// What is said to caches like this one alone takes the place of what all are told.
fn targeted(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    let lines: Vec<HeaderValue> = headers
        .get_all(&CDN_CACHE_CONTROL)
        .iter()
        .cloned()
        .collect();
    if Directives::is_dictionary(&headers, &CDN_CACHE_CONTROL) {
        headers.remove(header::CACHE_CONTROL);
        headers.remove(header::EXPIRES);
        headers.remove(header::PRAGMA);
        for line in lines {
            headers.append(header::CACHE_CONTROL, line);
        }
    }
    headers
}

fn explicit(says: &Directives, is_private: bool) -> Option<Duration> {
    let shared = says.seconds("s-maxage").filter(|_| !is_private);
    shared.or_else(|| says.seconds("max-age"))
}

/// A stream of events ends when its reader goes.
fn is_endless(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

fn pragma(headers: &HeaderMap) -> bool {
    Directives::of(headers, &header::PRAGMA).has("no-cache")
}

/// Dates come in three forms (RFC 9110, 5.6.7), of which the rules read one.
fn in_one_form(headers: &mut HeaderMap, name: &HeaderName) {
    let Some(at) = date(headers, name) else {
        // What is no date is past (RFC 9111, 5.3).
        if name == header::EXPIRES && headers.contains_key(name) {
            headers.insert(name.clone(), HeaderValue::from_static("0"));
        }
        return;
    };
    if let Ok(value) = HeaderValue::try_from(httpdate::fmt_http_date(at)) {
        headers.insert(name.clone(), value);
    }
}

pub(super) fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    let text = headers.get(name)?.to_str().ok()?;
    let at = httpdate::parse_http_date(text).ok()?;
    // It is read as it comes; one with spaces that do not belong there is no date.
    (!text.contains("  ") || is_asctime(text)).then_some(at)
}

/// Whose day of the month has a space in the place of its first digit.
fn is_asctime(text: &str) -> bool {
    !text.contains(',') && text.matches("  ").count() == 1
}

/// How old it is by its `Date`, where it tells no `Age` (RFC 9111, 4.2.3); clocks may differ by a little.
fn age_by_date(headers: &HeaderMap, now: SystemTime) -> Duration {
    let apparent = date(headers, &header::DATE)
        .filter(|date| *date >= UNIX_EPOCH)
        .and_then(|date| now.duration_since(date).ok());
    apparent.filter(|age| age.as_secs() > 1).unwrap_or_default()
}
