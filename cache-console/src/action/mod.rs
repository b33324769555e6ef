//! Invalidations by hand. A page asks first and says what it may cost; the answer to that is carried out if it comes
//! from whom may, from the page itself, and with the token that the page gave.

mod deed;
mod estimate;
mod session;

use std::fmt;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cache_runtime::CacheError;
use cache_runtime::admin::{Action, Admin};
use serde::Deserialize;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::console::Console;
use crate::page::{problem, still};
use crate::shown::Name;

use deed::Deed;
use estimate::Estimate;
pub(crate) use session::is_foreign;
use session::{Session, is_own};

const OFF: &str =
    "Actions are off. The program allows them by `Console::allow_actions`, which says who may.";
const NOT_YOU: &str = "You may not: the program does not know you as one who may act. Sign in, or ask whoever runs it.";
const FOREIGN: &str =
    "Refused: the request did not come from this page. Open the page itself and act there.";
const NO_TOKEN: &str = "Refused: the form is not of this session, or the process was started anew. Go back, reload the \
                        page, and act again.";

/// Tells who sent a request, by its headers; nobody who may.
pub(crate) type Who = dyn Fn(&HeaderMap) -> Option<String> + Send + Sync;

/// Who may act.
pub(crate) struct Actions {
    who: Box<Who>,
}

impl Actions {
    pub(crate) fn new(who: impl Fn(&HeaderMap) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { who: Box::new(who) }
    }

    pub(crate) fn who(&self) -> &Who {
        &*self.who
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actions").finish_non_exhaustive()
    }
}

/// The page that asks before something is done.
#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    deed: Deed,
    who: Name,
    token: String,
    estimate: Estimate,
}

/// The page that says what was done.
#[derive(Template)]
#[template(path = "done.html")]
struct Done {
    deed: Deed,
    who: Name,
    error: Option<String>,
    /// Why it is not in the log of actions, if it is to be there and is not.
    not_noted: Option<Name>,
}

/// A form that was sent.
#[derive(Deserialize)]
pub(crate) struct Sent {
    #[serde(flatten)]
    deed: Deed,
    #[serde(default)]
    token: String,
}

/// Who asks, if they may; else why not.
fn who(console: &Console, headers: &HeaderMap) -> Result<String, &'static str> {
    let actions = console.actions.as_ref().ok_or(OFF)?;
    (actions.who)(headers).ok_or(NOT_YOU)
}

/// Asks whether it is to be done, and says what that may cost.
pub(crate) async fn ask(
    State(console): State<Console>,
    headers: HeaderMap,
    Query(deed): Query<Deed>,
) -> Response {
    let who = match who(&console, &headers) {
        Ok(known) => known,
        Err(why) => return problem(StatusCode::FORBIDDEN, why),
    };
    let session = Session::of(&headers).unwrap_or_else(Session::new);
    let confirm = Confirm {
        estimate: Estimate::of(&console, &deed).await,
        token: session.token(&console.secret, &who),
        who: who.into(),
        deed,
    };
    let cookie = [(header::SET_COOKIE, session.cookie())];
    (cookie, still(StatusCode::OK, "Are you sure?", &confirm)).into_response()
}

/// Does it.
pub(crate) async fn act(
    State(console): State<Console>,
    headers: HeaderMap,
    Form(Sent { deed, token }): Form<Sent>,
) -> Response {
    let who = match who(&console, &headers) {
        Ok(known) => known,
        Err(why) => return problem(StatusCode::FORBIDDEN, why),
    };
    if !is_own(&headers) {
        return problem(StatusCode::FORBIDDEN, FOREIGN);
    }
    let session = Session::of(&headers);
    if !session.is_some_and(|session| session.has_made(&token, &console.secret, &who)) {
        return problem(StatusCode::FORBIDDEN, NO_TOKEN);
    }
    let who = Name::from(who);
    // A task of its own: what was begun is carried out, and is logged though nobody waits for the answer any more.
    let doing = carried_out(console.clone(), deed, who).in_current_span();
    let Ok((deed, who, outcome, not_noted)) = tokio::spawn(doing.with_current_subscriber()).await
    else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (status, title) = match &outcome {
        Ok(()) => (StatusCode::OK, "Done"),
        Err(CacheError::Name { .. }) => (StatusCode::BAD_REQUEST, "Not done"),
        Err(_) => (StatusCode::BAD_GATEWAY, "Not done"),
    };
    let error = outcome.err().map(|error| error.to_string());
    let done = Done {
        deed,
        who,
        error,
        not_noted,
    };
    still(status, title, &done)
}

/// What was done, by whom, what came of it, and why that is not in the log that all processes share.
type CarriedOut = (Deed, Name, Result<(), CacheError>, Option<Name>);

/// Does it, and logs who did.
async fn carried_out(console: Console, deed: Deed, who: Name) -> CarriedOut {
    let outcome = deed.carry_out(&console).await;
    match &outcome {
        Ok(()) => {
            tracing::info!(target: "cache", %who, what = deed.word(), name = %deed.name, "done by hand on the page");
        }
        Err(error) => {
            tracing::warn!(target: "cache", %who, what = deed.word(), name = %deed.name, %error, "not done by hand on the page");
        }
    }
    let not_noted = match (console.admin(), &outcome) {
        // Nothing was tried.
        (None, _) | (_, Err(CacheError::Name { .. })) => None,
        (Some(admin), _) => note(admin, &deed, &who, &outcome).await,
    };
    (deed, who, outcome, not_noted)
}

/// Notes it where every process can read it; why not, if that is not to be had.
async fn note(
    admin: &Admin,
    deed: &Deed,
    who: &Name,
    outcome: &Result<(), CacheError>,
) -> Option<Name> {
    let cause = |error: &CacheError| match error {
        CacheError::Unavailable { cause, .. } => cause.clone(),
        other => other.to_string(),
    };
    let action = Action {
        who: format!("{who} (page)"),
        what: deed.how().to_owned(),
        target: deed.target(),
        outcome: outcome.as_ref().err().map_or("done".to_owned(), cause),
        ..Action::default()
    };
    let noted = admin.note(&action).await;
    noted.err().map(|error| Name::from(cause(&error)))
}
