//! A receiver of OTLP, as a collector has one, and what sends to it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What sends for an exporter, whose thread has no runtime.
#[derive(Debug)]
pub(crate) struct Client;

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let uri = request.uri();
        let (host, body) = (uri.authority().ok_or("no host")?, request.body());
        let mut stream = TcpStream::connect(host.as_str())?;
        let head = format!(
            "POST {} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n",
            uri.path(),
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.contains(" 200 ") {
            true => Ok(Response::new(Bytes::new())),
            false => Err(answer.into()),
        }
    }
}

/// What comes in under a path, and where to send it.
pub(crate) async fn receiver<M>(path: &str) -> (mpsc::UnboundedReceiver<M>, String)
where
    M: Message + Default + 'static,
{
    let (tell, told) = mpsc::unbounded_channel();
    let take = move |body: Bytes| {
        let tell = tell.clone();
        async move { tell.send(M::decode(body).unwrap()).unwrap() }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route(path, post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (told, format!("http://{address}{path}"))
}
