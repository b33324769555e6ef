//! Who is let in: anybody of this machine, whose browser names it as the page is called, or whoever has the token of this
//! run.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cache_console::bearer;
use serde::Deserialize;

/// What the token is in, once a browser has logged in.
const COOKIE_NAME: &str = "cachectl_serve";

type Who = dyn Fn(&HeaderMap) -> Option<String> + Send + Sync;

/// Clones share it.
#[derive(Clone)]
pub(super) struct Door(Arc<Inner>);

struct Inner {
    asks_all: bool,
    token: Option<String>,
    who: Box<Who>,
}

/// What logs in.
#[derive(Deserialize)]
pub(super) struct Login {
    #[serde(default)]
    token: String,
}

impl Door {
    /// A token is made where it is of use: where it is asked for at each step, as others reach the page or it shows values,
    /// and where the page can change something.
    pub(super) fn new(asks_all: bool, allows_actions: bool) -> Self {
        let token =
            (asks_all || allows_actions).then(|| format!("{:032x}", rand::random::<u128>()));
        Self(Arc::new(Inner {
            asks_all,
            who: Box::new(bearer(token.clone().unwrap_or_default(), "")),
            token,
        }))
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// Whether a request has the token, in its cookie or as programs send one.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        if (self.0.who)(headers).is_some() {
            return true;
        }
        let cookies = headers.get_all(COOKIE).into_iter();
        let cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
        pairs.any(|pair| match pair.trim().split_once('=') {
            Some((COOKIE_NAME, token)) => self.is_token(token),
            _ => false,
        })
    }

    fn is_token(&self, token: &str) -> bool {
        let Ok(sent) = HeaderValue::try_from(format!("Bearer {token}")) else {
            return false;
        };
        (self.0.who)(&HeaderMap::from_iter([(AUTHORIZATION, sent)])).is_some()
    }
}

/// Lets a request through, or says why not.
pub(super) async fn guard(State(door): State<Door>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !door.0.asks_all || request.uri().path() == "/login" || door.knows(headers) {
        return next.run(request).await;
    }
    let why = "cachectl printed the address of this page with a token: open that one first\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

/// Takes the token of an address, and keeps it in the browser.
pub(super) async fn login(State(door): State<Door>, Query(login): Query<Login>) -> Response {
    if !door.is_token(&login.token) {
        let why =
            "this is not the token of this run: open the address that cachectl printed last\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict",
        login.token
    );
    let headers = [
        (SET_COOKIE, cookie),
        (LOCATION, "overview".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let name = axum::http::HeaderName::from_static(name);
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_who_has_the_token_of_this_run_is_known() {
        let (door, other) = (Door::new(false, true), Door::new(false, true));
        let token = door.token().unwrap();
        let cookie = format!("a=b; {COOKIE_NAME}={token}");
        assert!(door.knows(&headers("cookie", &cookie)));
        assert!(door.knows(&headers("authorization", &format!("Bearer {token}"))));
        assert!(!other.knows(&headers("cookie", &cookie)));
        assert!(!door.knows(&headers("cookie", COOKIE_NAME)));
        assert!(!door.knows(&HeaderMap::new()));
        let open = Door::new(false, false);
        assert!(open.token().is_none());
        assert!(!open.knows(&headers("cookie", &format!("{COOKIE_NAME}="))));
        assert!(Door::new(true, false).token().is_some());
    }
}
