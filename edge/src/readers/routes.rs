//! How one becomes a reader over HTTP.

use super::Readers;
use super::channels::Channels;
use super::fill;
use super::frame::Seals;
use super::reader::{Counted, Held, Reader};
use super::splice::{Asked, Splice, asked, splice};
use super::watched::{Control, Watch};
use crate::access::{self, Opening, Pass, Rail, Resumes};
use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::query;
use crate::limits::holdings::Permit;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use node::http::{TakeOver, TakenOver};
use serde::Deserialize;
use socket2::SockRef;
use std::sync::Arc;
use subjects::code::Code;
use subjects::cursor::Cursor;
use subjects::routing::{Stream, StreamKey};

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

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        query::read(parts)
    }
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

/// Everything that becomes true on a canvas, in order, once: first `hello`, then StreamEvents.
#[utoipa::path(get, path = "/sse/canvas/{canvas_id}", tag = "readers", security(("bearer" = [])),
    params(("canvas_id" = String, Path), ("Last-Event-ID" = Option<String>, Header, description = "Where to go on"), Ask),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 404, body = ProblemBody)))]
pub async fn sse_canvas(
    State(state): State<Arc<AppState>>,
    canvas: OnCanvas,
    headers: HeaderMap,
    ask: Ask,
) -> Result<Response, ApiError> {
    let channels = ask.channels(&canvas.stream.stream)?;
    let seals = state.readers.hub.seals(&canvas.stream);
    let last_event_id = last_event_id(&headers);
    let asked = asked(last_event_id.as_deref(), ask.cursor.as_deref(), &seals);
    let admission = state.connections.admit(&canvas.stream.tenant_id)?;
    let (watch, splice) = state.readers.place(&canvas.stream, asked).await?;
    let watched = watch.watched().clone();
    let wake = Box::new(move || watched.look());
    let resumes = resumes(last_event_id.as_deref(), &seals);
    let pass = access::open(&state, &canvas.member, Opening { rail: Rail::Sse, resumes, wake }).await?;
    let boarding = Boarding { watch, splice, channels, admission, pass };
    Ok(stream(state.readers.clone(), boarding))
}

/// A reader whose request was checked, before its response has begun.
struct Boarding {
    watch: Watch,
    splice: Splice,
    channels: Channels,
    admission: Permit,
    pass: Arc<Pass>,
}

/// A header that is no text was not made by us.
fn last_event_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LAST_EVENT_ID)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A place that we gave to a reader of this log.
fn resumes(last_event_id: Option<&str>, seals: &Seals) -> Resumes {
    match last_event_id.map(|text| Cursor::open(text, &seals.key, &seals.stream)) {
        Some(Ok(_)) => Resumes::Proven,
        Some(Err(_)) | None => Resumes::Unproven,
    }
}

fn stream(readers: Readers, boarding: Boarding) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    let take = move |taken| readers.board(boarding, taken);
    response.extensions_mut().insert(TakeOver::new(take));
    response
}

impl Readers {
    /// Watches the log, and decides where a reader begins that asked so.
    async fn place(&self, stream: &StreamKey, asked: Asked) -> Result<(Watch, Splice), ApiError> {
        let watch = self.hub.watch(stream).await?;
        let heard = watch.watched().head().seq;
        let head = match asked {
            // Another edge, or an answer, may have given it a place that has not come here yet.
            Asked::After(cursor) if cursor.seq > heard => fill::head(&self.hub.means, watch.watched()).await?.seq,
            Asked::After(_) | Asked::Live | Asked::Forged => heard,
        };
        Ok((watch, splice(asked, head)))
    }

    /// Makes a reader of the socket, and gives it to its feed.
    fn board(&self, boarding: Boarding, taken: TakenOver) {
        let means = &self.hub.means;
        if let Err(error) = SockRef::from(&taken.socket).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
            tracing::debug!(%error, "the kernel takes what it likes for a reader");
        }
        let watched = boarding.watch.watched().clone();
        let reader = Reader {
            socket: taken.socket,
            channels: boarding.channels,
            pass: boarding.pass,
            is_greeted: false,
            held: Held {
                watch: boarding.watch,
                _place: taken.permit,
                _admission: boarding.admission,
                _counted: Counted::one(&means.backlog.meters.readers),
            },
        };
        watched.tell(Control::Seat(reader, boarding.splice));
    }
}
