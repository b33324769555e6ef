//! The body of a response: kept as a whole, or streamed from the handler.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

/// The body that [`ResponseCache`](super::ResponseCache) answers with.
pub struct ResponseBody<B: Body>(Of<B>);

enum Of<B: Body> {
    Whole(Option<Bytes>),
    /// What was read of it already, and what is to follow.
    Streamed {
        read: VecDeque<Frame<Bytes>>,
        failed: Option<B::Error>,
        rest: Option<Pin<Box<B>>>,
    },
}

/// A body that was to be read as a whole.
pub(super) enum Collected<B: Body> {
    Whole(Bytes),
    /// It is longer than was to be read, has trailers, or ends with an error.
    Streamed(ResponseBody<B>),
}

impl<B: Body> ResponseBody<B> {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self(Of::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }

    pub(super) fn streamed(body: B) -> Self {
        Self(Of::Streamed {
            read: VecDeque::new(),
            failed: None,
            rest: Some(Box::pin(body)),
        })
    }
}

/// Reads a body of at most so many bytes.
pub(super) async fn collect<B: Body<Data = Bytes>>(body: B, most: usize) -> Collected<B> {
    let mut body = Box::pin(body);
    let (mut read, mut length) = (VecDeque::new(), 0);
    let streamed =
        |read, failed, rest| Collected::Streamed(ResponseBody(Of::Streamed { read, failed, rest }));
    loop {
        match poll_fn(|context| body.as_mut().poll_frame(context)).await {
            None => return Collected::Whole(joined(read, length)),
            Some(Err(error)) => return streamed(read, Some(error), None),
            Some(Ok(frame)) => {
                length += frame.data_ref().map_or(0, Bytes::len);
                let is_data = frame.is_data();
                read.push_back(frame);
                if !is_data || length > most {
                    return streamed(read, None, Some(body));
                }
            }
        }
    }
}

fn joined(mut read: VecDeque<Frame<Bytes>>, length: usize) -> Bytes {
    if let (1, Some(frame)) = (read.len(), read.front_mut()) {
        return std::mem::replace(frame, Frame::data(Bytes::new()))
            .into_data()
            .unwrap_or_default();
    }
    let mut whole = BytesMut::with_capacity(length);
    for data in read.iter().filter_map(Frame::data_ref) {
        whole.extend_from_slice(data);
    }
    whole.freeze()
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.get_mut().0 {
            Of::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Of::Streamed { read, failed, rest } => {
                if let Some(frame) = read.pop_front() {
                    return Poll::Ready(Some(Ok(frame)));
                }
                if let Some(error) = failed.take() {
                    return Poll::Ready(Some(Err(error)));
                }
                match rest {
                    Some(body) => body.as_mut().poll_frame(context),
                    None => Poll::Ready(None),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Of::Whole(bytes) => bytes.is_none(),
            Of::Streamed { read, failed, rest } => {
                let rest_ends = rest.as_ref().is_none_or(|body| body.is_end_stream());
                read.is_empty() && failed.is_none() && rest_ends
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Of::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Of::Streamed { read, rest, .. } => {
                let read: u64 = read
                    .iter()
                    .filter_map(Frame::data_ref)
                    .map(|data| data.len() as u64)
                    .sum();
                let mut hint = rest
                    .as_ref()
                    .map_or(SizeHint::with_exact(0), |body| body.size_hint());
                if let Some(upper) = hint.upper() {
                    hint.set_upper(upper + read);
                }
                hint.set_lower(hint.lower() + read);
                hint
            }
        }
    }
}

/// It has no self-reference; what follows is in a box.
impl<B: Body> Unpin for ResponseBody<B> {}

impl<B: Body> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Of::Whole(_) => "ResponseBody(whole)",
            Of::Streamed { .. } => "ResponseBody(streamed)",
        })
    }
}
