//! How one becomes a reader over HTTP.

use super::Readers;
use super::channels::{Channels, Rail};
use super::fill;
use super::reader::{Counted, Held, Reader};
use super::splice::{Asked, Splice, asked, splice};
use super::watched::{Control, Watch};
use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::query;
use crate::limits::connections::ConnectionPermit;
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
use std::time::{Duration, Instant, SystemTime};
use subjects::code::Code;
use subjects::routing::{Stream, StreamKey};
use uuid::Uuid;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a stream outlives its token.
const LEEWAY_SECS: u64 = 30;
/// How long a stream lasts, however long its token does.
const STREAM_SECS_MAX: u64 = 30 * 24 * 3_600;
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
    let asked = asked(last_event_id(&headers).as_deref(), ask.cursor.as_deref(), &seals);
    let admission = state.connections.admit(&canvas.stream.tenant_id)?;
    let expires_at = expires_at(canvas.member.caller.claims.exp);
    let (watch, splice) = state.readers.place(&canvas.stream, asked).await?;
    let boarding = Boarding { watch, splice, channels, admission, expires_at };
    Ok(stream(state.readers.clone(), boarding))
}

/// A reader whose request was checked, before its response has begun.
struct Boarding {
    watch: Watch,
    splice: Splice,
    channels: Channels,
    admission: ConnectionPermit,
    expires_at: Instant,
}

/// A header that is no text was not made by us.
fn last_event_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LAST_EVENT_ID)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn expires_at(exp_secs: u64) -> Instant {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_secs = now.unwrap_or_default().as_secs();
    let left_secs = exp_secs.saturating_add(LEEWAY_SECS).saturating_sub(now_secs);
    Instant::now() + Duration::from_secs(left_secs.min(STREAM_SECS_MAX))
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
            stream_id: Uuid::new_v4(),
            expires_at: boarding.expires_at,
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
