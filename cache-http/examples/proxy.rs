//! A cache in front of a service that knows nothing of it: `ORIGIN=127.0.0.1:8000 LISTEN=127.0.0.1:8080`.
//!
//! ```text
//! ORIGIN=127.0.0.1:8000 cargo run -p cache-http --example proxy
//! curl -i http://127.0.0.1:8080/
//! ```
//!
//! What the service says of freshness holds; what it says nothing of is not kept. With `CACHE_URL` set to a Redis several
//! such proxies share their responses, without it each has its own memory.

use std::env;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header, uri};
use axum::response::{IntoResponse as _, Response};
use cache_http::ResponseCache;
use cache_runtime::Cache;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let origin = env::var("ORIGIN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let cache = match env::var_os("CACHE_URL") {
        Some(_) => Cache::from_env()?,
        None => Cache::memory(),
    };
    let app = Router::new()
        .fallback(forward)
        .with_state(origin)
        .layer(ResponseCache::new(&cache));
    axum::serve(TcpListener::bind(listen).await?, app).await?;
    Ok(())
}

/// Sends a request on to the service, on a connection of its own.
async fn forward(State(origin): State<String>, request: Request) -> Response {
    match sent(&origin, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{origin}: {error}\n")).into_response(),
    }
}

async fn sent(origin: &str, mut request: Request) -> Result<Response, Box<dyn Error>> {
    // To a server a path alone is asked for.
    let path = request.uri().path_and_query().cloned();
    let mut parts = uri::Parts::default();
    parts.path_and_query = path;
    *request.uri_mut() = Uri::from_parts(parts)?;
    of_one_connection(request.headers_mut());
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(TcpStream::connect(origin).await?)).await?;
    tokio::spawn(connection);
    let mut response = sender.send_request(request).await?;
    of_one_connection(response.headers_mut());
    Ok(response.map(Body::new).into_response())
}

/// Takes off what is said to the next server alone (RFC 9110, 7.6.1).
fn of_one_connection(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TE,
    ] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}
