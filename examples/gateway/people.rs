//! Who is there: logins, and the sessions of a user.

use axum::Router;
use axum::extract::{Form, FromRequestParts, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use cache_http::session::{SessionHandle, SessionStore, login, logout, user};
use http::StatusCode;
use http::request::Parts;
use serde::Deserialize;
use tower_sessions::Session;

use crate::Service;

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/sessions/end-all", post(end_all))
        .route("/sessions/{handle}/end", post(end))
}

/// The user of a request; who is not logged in is refused.
pub(crate) struct User(pub(crate) String);

impl FromRequestParts<Service> for User {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Failed> {
        let session = Session::from_request_parts(parts, service).await;
        let session = session.map_err(|(status, said)| Failed(status, said.to_owned()))?;
        let nobody = || Failed(StatusCode::UNAUTHORIZED, "log in first".to_owned());
        user(&session).await?.map(Self).ok_or_else(nobody)
    }
}

/// A request that came to nothing, and what its caller is told.
#[derive(Debug)]
pub(crate) struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// Sessions can't be asked for, so nobody is let in.
impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        tracing::warn!(%error, "a request failed");
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "try again in a moment".to_owned(),
        )
    }
}

#[derive(Deserialize)]
struct Login {
    name: String,
    password: String,
}

async fn log_in(session: Session, Form(form): Form<Login>) -> Result<Redirect, Failed> {
    // Where a service looks up a hash of the password, slowly (Argon2).
    if form.password != "open sesame" || form.name.trim().is_empty() {
        let said = "that is not the password".to_owned();
        return Err(Failed(StatusCode::FORBIDDEN, said));
    }
    login(&session, form.name.trim()).await?;
    Ok(Redirect::to("/"))
}

async fn log_out(session: Session) -> Result<Redirect, Failed> {
    logout(&session).await?;
    Ok(Redirect::to("/"))
}

async fn end(
    User(user): User,
    State(sessions): State<SessionStore>,
    Path(handle): Path<SessionHandle>,
) -> Result<Redirect, Failed> {
    sessions.destroy(&user, &handle).await?;
    Ok(Redirect::to("/"))
}

async fn end_all(
    User(user): User,
    State(sessions): State<SessionStore>,
) -> Result<Redirect, Failed> {
    sessions.destroy_all(&user).await?;
    Ok(Redirect::to("/"))
}
