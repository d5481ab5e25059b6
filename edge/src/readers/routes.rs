//! How one becomes a reader over HTTP.

use super::channels::Channels;
use super::reader::{Admission, Sink};
use super::view::{Filter, View};
use crate::access::{self, Opening, Rail};
use crate::context::{Member, OnCanvas, OnThread};
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::limits::AtLimit;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use node::http::{TakeOver, TakenOver};
use serde::Deserialize;
use socket2::SockRef;
use std::sync::Arc;
use subjects::code::Code;
use subjects::routing::{Stream, StreamKey};
use tokio::net::TcpStream;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How much the kernel takes for a reader beyond what is on its way. What a slow reader waits for is better kept in one
/// place for all; and one that takes 1 KiB/s shows every 16 s that it takes something.
const UNSENT_BYTES_MAX: u32 = 32 * 1024;

/// What can be asked of a stream.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Ask {
    /// What to see: `commits`, `artifacts`, `gestures`, separated by commas. None is `commits,artifacts`.
    channels: Option<String>,
    /// Where to go on, as an event's `id` said; `0` is from the beginning. `Last-Event-ID` comes before it.
    cursor: Option<String>,
}

impl Ask {
    fn channels(&self, stream: &Stream) -> Result<Channels, ApiError> {
        let Some(text) = &self.channels else {
            return Ok(Channels::default_of(stream));
        };
        let refused = |unknown| ApiError::new(Code::QueryInvalid, format!("{unknown}.")).with("parameter", "channels");
        Channels::parse(text.split(',').map(str::trim), stream, Rail::Sse).map_err(refused)
    }
}

/// Everything that becomes true on a canvas, in order, once: first `hello`, then StreamEvents. Who states a projection or
/// a panel sees what happened there.
#[utoipa::path(get, path = "/sse/canvas/{canvas_id}", tag = "readers", security(("bearer" = [])),
    params(("canvas_id" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "Where to go on"), Ask),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 404, body = ProblemBody),
        AtLimit))]
pub async fn sse_canvas(
    State(state): State<Arc<AppState>>,
    OnCanvas { member, stream, .. }: OnCanvas,
    headers: HeaderMap,
    UrlQuery(ask): UrlQuery<Ask>,
) -> Result<Response, ApiError> {
    open(&state, &member, &stream, &headers, &ask).await
}

/// Everything that is said in a thread, in order, once, and the runs of agents as they go: first `hello`, then
/// StreamEvents. Who states a projection or a panel sees what happened there.
#[utoipa::path(get, path = "/sse/chat/{thread_id}", tag = "readers", security(("bearer" = [])),
    params(("thread_id" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "Where to go on"), Ask),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 404, body = ProblemBody),
        AtLimit))]
pub async fn sse_thread(
    State(state): State<Arc<AppState>>,
    OnThread { member, stream, .. }: OnThread,
    headers: HeaderMap,
    UrlQuery(ask): UrlQuery<Ask>,
) -> Result<Response, ApiError> {
    open(&state, &member, &stream, &headers, &ask).await
}

async fn open(
    state: &AppState,
    member: &Member,
    stream: &StreamKey,
    headers: &HeaderMap,
    ask: &Ask,
) -> Result<Response, ApiError> {
    let view = View::of(Rail::Sse, ask.channels(&stream.stream)?).only(Filter::stated(&member.keys));
    let last_event_id = last_event_id(headers);
    let asked = state.readers.asked(stream, last_event_id.as_deref(), ask.cursor.as_deref());
    let admission = state.connections.admit(&member.tenant_id)?;
    let boarding = state.readers.place(stream, asked, view).await?;
    let resumes = state.readers.resumes(stream, last_event_id.as_deref());
    let opening = Opening { rail: Rail::Sse, resumes, wake: boarding.wake() };
    let pass = access::open(state, member, opening).await?;
    let readers = state.readers.clone();
    Ok(taken_over(move |taken| {
        let TakenOver { socket, permit, .. } = taken;
        take_little(&socket);
        let admission = Admission::Connection { _place: permit, _permit: admission };
        readers.board(boarding, Sink::Sse(socket), pass, admission);
    }))
}

/// Has the kernel take no more for a reader than it can send soon.
pub(crate) fn take_little(socket: &TcpStream) {
    if let Err(error) = SockRef::from(socket).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
        tracing::debug!(%error, "the kernel takes what it likes for a reader");
    }
}

/// Where an EventSource goes on. A header that is no text was not made by us.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LAST_EVENT_ID)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The head of a stream, whose socket goes to `take`.
pub(crate) fn taken_over(take: impl FnOnce(TakenOver) + Send + 'static) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response.extensions_mut().insert(TakeOver::new(take));
    response
}
