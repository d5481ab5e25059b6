//! `GET /threads/{thread_id}/messages`: what was said in a thread, page by page.

use crate::context::OnThread;
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::log;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::chat::Turn;
use subjects::event::{EventType, RawEvent, millis};
use subjects::ids::{ActorId, ActorType};
use uuid::Uuid;

/// A page of messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessagePage {
    /// By `seq`.
    messages: Vec<Message>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// Something that was said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Message {
    /// The `event_id` of its event.
    message_id: Uuid,
    seq: Option<u64>,
    #[schema(value_type = Option<String>)]
    actor_id: Option<ActorId>,
    #[schema(value_type = Option<String>)]
    actor_type: Option<ActorType>,
    /// `chat_message`, `agent_message`, `tool_call`, `tool_result`.
    #[schema(value_type = String)]
    event: EventType,
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    #[serde(with = "millis")]
    ts: DateTime<Utc>,
}

/// No page is made larger than this once it has one message.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What was said in a thread, by `seq`. Fewer come where they are large.
#[utoipa::path(get, path = "/threads/{thread_id}/messages", tag = "chat", security(("bearer" = [])),
    params(("thread_id" = String, Path), PageQuery),
    responses((status = 200, body = MessagePage), (status = 404, body = ProblemBody)))]
pub async fn list_messages(
    State(state): State<Arc<AppState>>,
    thread: OnThread,
    query: PageQuery,
) -> Result<Json<MessagePage>, ApiError> {
    let (tenant_id, env) = (&thread.member.tenant_id, thread.member.env);
    let list = ["messages", tenant_id.as_str(), env.as_str(), thread.thread_id.as_str()].map(str::as_bytes);
    let after = page::after(&state.seal, &list, query.cursor.as_deref())?.unwrap_or(0);
    let (pool, stream) = (&state.pool, &thread.stream);
    let events = log::events(pool, stream, after, query.limit, PAGE_BYTES_MAX).await?;
    // Asked last, so that no message of the page lies beyond it.
    let head_seq = log::head(pool, stream).await?.map_or(0, |head| head.seq);
    let events: Result<Vec<RawEvent>, _> = events.iter().map(|event| serde_json::from_str(event)).collect();
    let events = events.map_err(ApiError::internal)?;
    let last_seq = events.last().and_then(|event| event.seq);
    let next = last_seq.filter(|seq| *seq < head_seq).map(|seq| page::seal(&state.seal, &list, &seq.to_string()));
    let said = |event: &RawEvent| Turn::of(event.event_type) == Some(Turn::Message);
    Ok(Json(MessagePage { messages: events.into_iter().filter(said).map(message).collect(), next }))
}

fn message(event: RawEvent) -> Message {
    let RawEvent { event_id, seq, routing, event_type, data, ts, .. } = event;
    let (actor_id, actor_type) = (routing.keys.actor_id, routing.keys.actor_type);
    Message { message_id: event_id, seq, actor_id, actor_type, event: event_type, data, ts }
}
