//! The game: what is kept of it, and its routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cache_runtime::{Cache, cached};
use cache_toolkit::{Counter, Leaderboard, Limiter, Set, Standing, Toolkit as _, ToolkitError};
use serde::{Deserialize, Serialize};

/// What is known of a player beside the score.
#[derive(Clone, Serialize, Deserialize)]
struct Profile {
    title: String,
}

/// How often the "database" of profiles was asked.
static LOADS: AtomicU32 = AtomicU32::new(0);

/// A page asks for ten of these each time: only the first asks the database.
#[cached(ns = "profile", ttl = "1m", tags = ["player:{name}"])]
async fn profile(name: &str) -> Result<Arc<Profile>, std::io::Error> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(20)).await; // a slow database
    let titles = ["the Bold", "the Quick", "the Late", "of the Hill"];
    let title = titles[name.len() % titles.len()].to_owned();
    Ok(Arc::new(Profile { title }))
}

/// The game of this week. Its parts may be cloned: each is a name.
#[derive(Clone)]
struct Game {
    cache: Cache,
    board: Leaderboard<String>,
    players: Set<String>,
    scored: Counter,
    limit: Limiter,
}

/// A line of the page.
#[derive(Serialize)]
struct Row {
    place: u64,
    name: String,
    score: f64,
    title: String,
}

/// What went wrong, as an answer.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl From<ToolkitError> for Refused {
    fn from(error: ToolkitError) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

pub(crate) fn routes(cache: &Cache) -> Result<Router, ToolkitError> {
    // All of the week is gone a week after its first score.
    let week = Duration::from_secs(7 * 24 * 3_600);
    let game = Game {
        cache: cache.clone(),
        board: cache.leaderboard("week").ttl(week),
        players: cache.set("players").ttl(week),
        scored: cache.counter("scored").ttl(week),
        limit: Limiter::gcra(cache, "scoring", 5, Duration::from_secs(1))?,
    };
    Ok(Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/score/{name}/{points}", post(score))
        .route("/top", get(top))
        .route("/around/{name}", get(around))
        .route("/figures", get(figures))
        .with_state(game))
}

/// Adds to a player's score; too many in a second are refused with 429.
async fn score(
    State(game): State<Game>,
    Path((name, points)): Path<(String, u32)>,
) -> Result<Response, Refused> {
    if !(1..=32).contains(&name.chars().count()) || !(1..=100).contains(&points) {
        let why = "a name has 1 to 32 letters, a score 1 to 100 points".to_owned();
        return Err(Refused(StatusCode::BAD_REQUEST, why));
    }
    if let Some(after) = game.limit.check(&name).await?.retry_after {
        let seconds = after.as_secs_f64().ceil().to_string();
        let refused = (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, seconds)],
        );
        return Ok(refused.into_response());
    }
    let score = game.board.add(&name, points.into()).await?;
    game.players.add(&name).await?;
    game.scored.add(1).await?;
    Ok(Json(score).into_response())
}

async fn top(State(game): State<Game>) -> Result<Json<Vec<Row>>, Refused> {
    let standings = game.board.top(10).await?;
    game.rows(standings).await.map(Json)
}

/// A player, with two above and two below.
async fn around(
    State(game): State<Game>,
    Path(name): Path<String>,
) -> Result<Json<Vec<Row>>, Refused> {
    let standings = game.board.around(&name, 2).await?;
    game.rows(standings).await.map(Json)
}

async fn figures(State(game): State<Game>) -> Result<String, Refused> {
    let (scored, players) = (game.scored.get().await?, game.players.len().await?);
    let loads = LOADS.load(Ordering::Relaxed);
    Ok(format!(
        "{scored} scores of {players} players; {loads} profiles were loaded here\n"
    ))
}

impl Game {
    async fn rows(&self, standings: Vec<Standing<String>>) -> Result<Vec<Row>, Refused> {
        let mut rows = Vec::new();
        for Standing {
            member: name,
            score,
            place,
            ..
        } in standings
        {
            let profile = self.cache.scope(profile(&name)).await;
            let profile = profile
                .map_err(|error| Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
            let title = profile.title.clone();
            rows.push(Row {
                place,
                name,
                score,
                title,
            });
        }
        Ok(rows)
    }
}
