//! `GET /canvas/{canvas_id}/commits`: what was done to a canvas, commit by commit.

use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::{UrlQuery, check_limit};
use crate::queries::log;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::command::Intent;
use subjects::event::{StreamEvent, millis};
use subjects::ids::{ActorId, ActorType};
use subjects::limits::PAGE_DEFAULT;
use uuid::Uuid;

/// Which part of the history.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The commits behind this rev; 0 means from the first.
    #[serde(default)]
    after_rev: u64,
    /// The most commits, at most 200. Fewer come where they are large.
    #[serde(default = "default_limit")]
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: usize,
}

fn default_limit() -> usize {
    PAGE_DEFAULT
}

/// A part of the history of a canvas.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct History {
    /// By `rev`, without a hole. To go on, ask after the last one's.
    commits: Vec<Commit>,
    /// The last rev there is.
    head_rev: u64,
}

/// What was done at once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Commit {
    rev: u64,
    commit_id: Uuid,
    command_id: Uuid,
    #[schema(value_type = Option<String>)]
    actor_id: Option<ActorId>,
    #[schema(value_type = Option<String>)]
    actor_type: Option<ActorType>,
    #[schema(value_type = Object)]
    intent: Intent,
    #[schema(value_type = Vec<Object>)]
    ops: Box<RawValue>,
    state_hash: String,
    #[serde(with = "millis")]
    ts: DateTime<Utc>,
}

/// The part of [`subjects::event::CanvasCommit`] that is told here, its operations unread.
#[derive(Deserialize)]
struct CommitData {
    rev: u64,
    commit_id: Uuid,
    command_id: Uuid,
    ops: Box<RawValue>,
    state_hash: String,
    intent: Intent,
}

/// No page is made larger than this once it has one commit.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What was done to a canvas, commit by commit, beginning behind `after_rev`.
#[utoipa::path(get, path = "/canvas/{canvas_id}/commits", tag = "canvas", security(("bearer" = [])),
    params(("canvas_id" = String, Path), HistoryQuery),
    responses((status = 200, body = History), (status = 404, body = ProblemBody)))]
pub async fn list_commits(
    State(state): State<Arc<AppState>>,
    canvas: OnCanvas,
    UrlQuery(query): UrlQuery<HistoryQuery>,
) -> Result<Json<History>, ApiError> {
    history(&state, &canvas, &query).await.map(Json)
}

/// The same as `/canvas/{canvas_id}/commits`.
#[utoipa::path(get, path = "/canvas/{canvas_id}/commands", tag = "canvas", security(("bearer" = [])),
    params(("canvas_id" = String, Path), HistoryQuery),
    responses((status = 200, body = History), (status = 404, body = ProblemBody)))]
pub async fn list_commands(
    State(state): State<Arc<AppState>>,
    canvas: OnCanvas,
    UrlQuery(query): UrlQuery<HistoryQuery>,
) -> Result<Json<History>, ApiError> {
    history(&state, &canvas, &query).await.map(Json)
}

async fn history(state: &AppState, canvas: &OnCanvas, query: &HistoryQuery) -> Result<History, ApiError> {
    check_limit(query.limit)?;
    let (pool, stream) = (&state.pool, &canvas.stream);
    let events = log::commit_events(pool, stream, query.after_rev, query.limit, PAGE_BYTES_MAX).await?;
    // Asked last, so that no commit of the page lies beyond it.
    let head_rev = log::head(pool, stream).await?.map_or(0, |head| head.rev);
    let commits: Result<Vec<_>, _> = events.iter().map(|event| commit(event)).collect();
    Ok(History { commits: commits.map_err(ApiError::internal)?, head_rev })
}

fn commit(event: &str) -> serde_json::Result<Commit> {
    let event: StreamEvent<CommitData> = serde_json::from_str(event)?;
    let CommitData { rev, commit_id, command_id, ops, state_hash, intent } = event.data;
    let (actor_id, actor_type) = (event.routing.keys.actor_id, event.routing.keys.actor_type);
    Ok(Commit { rev, commit_id, command_id, actor_id, actor_type, intent, ops, state_hash, ts: event.ts })
}
