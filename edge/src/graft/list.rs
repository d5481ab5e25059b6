//! `GET /canvas/{canvas_id}/replays`: the grafts of a canvas and their replays, page by page.

use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::replays::{self, Session};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;
use subjects::event::millis;
use subjects::graft::{GraftMode, Recorded};
use subjects::ids::{GraftId, ObjectId};

/// A page of grafts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReplayPage {
    /// By `session_id`: the newest last.
    replays: Vec<ReplayBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A graft, and its replay once that is made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReplayBody {
    #[schema(value_type = String)]
    session_id: GraftId,
    /// How others see it: `live` or `auto`.
    #[schema(value_type = String, example = "live")]
    mode: GraftMode,
    /// Which gestures are recorded: `all`, `keyframe` or `none`.
    #[schema(value_type = String, example = "keyframe")]
    gesture_log: Recorded,
    /// `open`, `stopping` or `done`.
    #[schema(example = "done")]
    state: String,
    #[serde(with = "millis")]
    started_at: DateTime<Utc>,
    /// Null while it is open.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
    /// The canvas's last rev when it began.
    start_rev: u64,
    /// The canvas's last rev when it ended; null until its replay is made.
    end_rev: Option<u64>,
    /// Its replay: `GET /sse/replay/{artifact_id}` plays it. Null until it is made.
    #[schema(value_type = Option<String>)]
    artifact_id: Option<ObjectId>,
}

#[derive(Debug, Serialize)]
struct Timestamp(#[serde(with = "millis")] DateTime<Utc>);

/// The grafts of a canvas, by `session_id`, and their replays.
#[utoipa::path(get, path = "/canvas/{canvas_id}/replays", tag = "graft", security(("bearer" = [])),
    params(("canvas_id" = String, Path), PageQuery),
    responses((status = 200, body = ReplayPage), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list_replays(
    State(state): State<Arc<AppState>>,
    on: OnCanvas,
    query: PageQuery,
) -> Result<Json<ReplayPage>, ApiError> {
    let (tenant_id, env) = (&on.member.tenant_id, on.member.env);
    let list = ["replays", tenant_id.as_str(), env.as_str(), on.canvas_id.as_str()].map(str::as_bytes);
    let after = page::after::<GraftId>(&state.seal, &list, query.cursor.as_deref())?;
    let mut found =
        replays::list(&state.pool, (tenant_id, env), &on.canvas_id, after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.session_id.as_str()));
    Ok(Json(ReplayPage { replays: found.into_iter().map(ReplayBody::from).collect(), next }))
}

impl From<Session> for ReplayBody {
    fn from(session: Session) -> Self {
        let Session { session_id, mode, recorded, state, started_at, ended_at, start_rev, end_rev, artifact_id } =
            session;
        let ended_at = ended_at.map(Timestamp);
        Self { session_id, mode, gesture_log: recorded, state, started_at, ended_at, start_rev, end_rev, artifact_id }
    }
}
