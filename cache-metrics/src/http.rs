//! A scrape over HTTP: a route for a program's own server, and a server where it has none.

use std::io;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::exporter::Exporter;
use crate::prometheus::Text;

impl Exporter {
    /// A router with the one route `GET /metrics`, in the form that the scrape asks for.
    pub fn router(&self) -> Router {
        let exporter = self.clone();
        let scrape = move |headers: HeaderMap| async move { answer(&exporter, &headers) };
        Router::new().route("/metrics", get(scrape))
    }

    /// Answers scrapes of `/metrics` on a socket, for a program without a server of its own.
    ///
    /// # Errors
    ///
    /// If the socket can't be used any more.
    ///
    /// # Cancellation
    ///
    /// It ends when it is dropped; a scrape under way is cut.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, self.router()).await
    }
}

fn answer(exporter: &Exporter, headers: &HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let text = Text::accepted(accept.unwrap_or_default());
    let kind = [
        (header::CONTENT_TYPE, text.content_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (kind, exporter.render(text)).into_response()
}
