//! `POST /threads/{thread_id}/messages`: saying something in a thread over HTTP.

use crate::chat::{PublishAsk, Published, publish};
use crate::command::accepted::{self, AcceptedBody};
use crate::command::answer::{SaidBody, marked};
use crate::context::{Caller, Member, OnThread, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, StatedRouting, read};
use crate::limits::AtLimit;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::event::EventType;
use subjects::limits::EVENT_BYTES_MAX;
use subjects::routing::StreamKey;
use subjects::seal::SealKey;
use uuid::Uuid;

/// Something to be said in a thread.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageAsk {
    /// `chat_message` when not given; `agent_message`, `tool_call`, `tool_result`, `token_chunk`, `run_start`, `run_end`,
    /// `step_start`, `step_end`.
    #[serde(default = "chat_message")]
    #[schema(value_type = Option<String>, example = "chat_message")]
    event: EventType,
    /// What there is to say. `run_id` and `step_id` tie it to a run; what belongs to runs needs them.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    /// Names what is wanted once: 1 to 128 characters. Without one, the same sent again is said again.
    idempotency_key: Option<String>,
    /// What the client ties together.
    correlation_id: Option<Uuid>,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    routing: Option<StatedRouting>,
}

fn chat_message() -> EventType {
    EventType::ChatMessage
}

/// Says something in a thread. Takes the role member.
///
/// What a `publish` frame says on a WebSocket, said over HTTP: a message is numbered, kept, and read by all; what belongs to
/// a run passes. The same key with the same event and data is said once, whichever way it comes.
#[utoipa::path(post, path = "/threads/{thread_id}/messages", tag = "chat", security(("bearer" = [])),
    params(("thread_id" = String, Path)), request_body = MessageAsk,
    responses((status = 200, body = SaidBody), (status = 202, body = AcceptedBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit,
        (status = 503, body = ProblemBody)))]
pub async fn post_message(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    mut stated: Stated,
    request: Request,
) -> Result<Response, ApiError> {
    let bytes = read(request, EVENT_BYTES_MAX).await?;
    let MessageAsk { event, data, idempotency_key, correlation_id, routing } = body::parse(&bytes)?;
    routing.iter().try_for_each(|routing| routing.state(&mut stated))?;
    let thread = OnThread::find(&state, Member::admit(caller, stated, request_id)?).await?;
    let ask = PublishAsk { event, data, idempotency_key, correlation_id };
    let published = publish(&state, &thread, ask).await?;
    Ok(respond(published, &state.seal, &thread.stream))
}

/// What was published to this log, in HTTP.
pub(super) fn respond(published: Published, key: &SealKey, stream: &StreamKey) -> Response {
    match published {
        Published::Said { body, replayed } => marked(Json(body).into_response(), replayed),
        Published::Pending { command_id } => accepted::respond(key, stream, command_id),
    }
}
