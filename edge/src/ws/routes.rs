//! How a request becomes a connection.

use super::deeds::Hands;
use super::ear::Ear;
use super::handshake;
use super::session::{Held, Session};
use crate::access::{self, Opening, Rail, Resumes};
use crate::context::{Member, OnThread};
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::limits::AtLimit;
use crate::presence::Stays;
use crate::readers::conn::Conn;
use crate::readers::routes::take_little;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, StatusCode};
use node::http::{TakeOver, TakenOver};
use serde::Deserialize;
use std::sync::Arc;
use subjects::frames::{Ask, Subscribe};

/// The name of the subscription that a URL asks for: that of its `subscribed`.
const OPENING: &str = "open";

/// What the URL of a chat asks for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChatAsk {
    /// What to see: `messages`, `runs`, `presence`, separated by commas. None is `messages,runs`.
    channels: Option<String>,
    /// Where to go on, as `meta.cursor` of an event said; `0` is from the beginning.
    cursor: Option<String>,
}

/// A WebSocket for any number of canvases and threads. The frames both ways are described in `/asyncapi.json`.
#[utoipa::path(get, path = "/ws", tag = "readers", security(("bearer" = [])),
    responses((status = 101), (status = 403, body = ProblemBody), (status = 426, body = ProblemBody), AtLimit))]
pub async fn ws(State(state): State<Arc<AppState>>, member: Member, headers: HeaderMap) -> Result<Response, ApiError> {
    upgrade(state, member, &headers, None).await
}

/// The same, with one thread subscribed at once: its `subscribed` has the id `open`.
#[utoipa::path(get, path = "/ws/chat/{thread_id}", tag = "readers", security(("bearer" = [])),
    params(("thread_id" = String, Path), ChatAsk),
    responses((status = 101), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 426, body = ProblemBody), AtLimit))]
pub async fn ws_chat(
    State(state): State<Arc<AppState>>,
    member: Member,
    headers: HeaderMap,
    UrlQuery(ask): UrlQuery<ChatAsk>,
) -> Result<Response, ApiError> {
    let OnThread { thread_id, .. } = OnThread::find(&state, member.clone()).await?;
    let channels = ask.channels.map(|text| text.split(',').map(|word| word.trim().to_owned()).collect());
    let cursor = ask.cursor;
    let subscribe = Subscribe { thread_id: Some(thread_id), channels, cursor, ..Subscribe::default() };
    upgrade(state, member, &headers, Some(Ask::Subscribe(subscribe))).await
}

async fn upgrade(
    state: Arc<AppState>,
    member: Member,
    headers: &HeaderMap,
    first: Option<Ask>,
) -> Result<Response, ApiError> {
    let accepted = handshake::accept(headers)?;
    handshake::check_origin(headers, state.config.origins())?;
    let permit = state.connections.admit(&member.tenant_id)?;
    // The session waits for its pass by itself.
    let opening = Opening { rail: Rail::Ws, resumes: Resumes::Unproven, wake: Box::new(|| ()) };
    let pass = access::open(&state, &member, opening).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().extend(accepted);
    if let Some(protocol) = handshake::protocol(headers) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let take = move |taken| {
        let TakenOver { socket, permit: place, early } = taken;
        take_little(&socket);
        let held = Held { _place: place, _permit: permit };
        let stop = state.stop.clone();
        let stays = Arc::new(Stays::new(&state.presence, pass.stream_id));
        let session = Session::new(Hands { state, member, pass, stays }, Conn::new(socket), Ear::new(&early), held);
        stop.spawn(session.run(first.map(|ask| (OPENING.to_owned(), ask))));
    };
    response.extensions_mut().insert(TakeOver::new(take));
    Ok(response)
}
