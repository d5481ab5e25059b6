//! `/nexus/runs/{run_id}`: how a run stands, and stopping it.

use crate::chat::post::respond;
use crate::chat::{PublishAsk, Published, publish};
use crate::command::accepted::AcceptedBody;
use crate::context::{Member, OnThread};
use crate::error::{ApiError, ProblemBody};
use crate::limits::AtLimit;
use crate::queries::runs::{self, Run};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::sync::Arc;
use subjects::chat::RunEnd;
use subjects::event::{EventType, millis};
use subjects::ids::{ActorId, ActorType, Role, RunId, ThreadId};

/// A run of an agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunBody {
    #[schema(value_type = String)]
    run_id: RunId,
    /// Where it happens.
    #[schema(value_type = String)]
    thread_id: ThreadId,
    /// Who began it.
    #[schema(value_type = String)]
    actor_id: ActorId,
    #[schema(value_type = String)]
    actor_type: ActorType,
    /// `running`; afterwards a word of whoever ended it: `completed`, `cancelled`, or another.
    status: String,
    /// Whether somebody stopped it.
    cancelled: bool,
    #[serde(with = "millis")]
    started_at: DateTime<Utc>,
    /// Null while it goes on.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Timestamp(#[serde(with = "millis")] DateTime<Utc>);

/// How a run stands.
#[utoipa::path(get, path = "/nexus/runs/{run_id}", tag = "chat", security(("bearer" = [])),
    params(("run_id" = String, Path)),
    responses((status = 200, body = RunBody), (status = 404, body = ProblemBody)))]
pub async fn read_run(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(run_id): Path<String>,
) -> Result<Json<RunBody>, ApiError> {
    let (run_id, run) = find(&state, &member, &run_id).await?;
    Ok(Json(body(run_id, run)))
}

/// Stops a run. Takes the role member.
///
/// The run has ended then: readers of its thread, its runner among them, see `run_end` with `cancelled: true`, and what the
/// runner still says of its steps is refused with RUN_ENDED. To stop it again changes nothing.
#[utoipa::path(post, path = "/nexus/runs/{run_id}/cancel", tag = "chat", security(("bearer" = [])),
    params(("run_id" = String, Path)),
    responses((status = 200, body = RunBody), (status = 202, body = AcceptedBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit, (status = 503, body = ProblemBody)))]
pub async fn cancel_run(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(run_id): Path<String>,
) -> Result<Response, ApiError> {
    member.needs(Role::Member)?;
    let (run_id, run) = find(&state, &member, &run_id).await?;
    let thread = OnThread::of(&state, member, &run.thread_id).await?;
    let published = publish(&state, &thread, ask(&run_id)?).await?;
    match published {
        Published::Said { .. } => {
            let (run_id, run) = find(&state, &thread.member, run_id.as_str()).await?;
            Ok(Json(body(run_id, run)).into_response())
        }
        Published::Pending { .. } => Ok(respond(published, &state.seal, &thread.stream)),
    }
}

fn ask(run_id: &RunId) -> Result<PublishAsk, ApiError> {
    let data = to_raw_value(&RunEnd::cancelled(run_id.clone())).map_err(ApiError::internal)?;
    let idempotency_key = Some(format!("cancel {run_id}"));
    Ok(PublishAsk { event: EventType::RunEnd, data, idempotency_key, correlation_id: None })
}

/// An id that is not in its form names nothing.
async fn find(state: &AppState, member: &Member, run_id: &str) -> Result<(RunId, Run), ApiError> {
    let run_id: RunId = run_id.parse().map_err(|_| ApiError::not_found())?;
    let run = runs::find(&state.pool, &member.tenant_id, member.env, &run_id).await?;
    Ok((run_id, run.ok_or_else(ApiError::not_found)?))
}

fn body(run_id: RunId, run: Run) -> RunBody {
    let Run { thread_id, actor_id, actor_type, started_at, ended_at, status, cancelled } = run;
    let status = status.unwrap_or_else(|| "running".to_owned());
    RunBody {
        run_id,
        thread_id,
        actor_id,
        actor_type,
        status,
        cancelled,
        started_at,
        ended_at: ended_at.map(Timestamp),
    }
}
