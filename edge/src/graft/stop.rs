//! `POST /canvas/{canvas_id}/graft/{session}/stop`: ending a graft.

use super::unexpected;
use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::limits::{AtLimit, Class};
use crate::road::ask::{self, Question};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::graft::{GraftAsk, GraftGrant};
use subjects::ids::{GraftId, ObjectId, Role};
use subjects::subject::Asked;

/// A graft that has ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GraftStopped {
    /// Its replay: `GET /sse/replay/{artifact_id}` plays it.
    #[schema(value_type = String)]
    artifact_id: ObjectId,
}

/// A graft that is being ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GraftStopping {
    #[schema(value_type = String)]
    session_id: GraftId,
    /// `stopping`
    status: &'static str,
}

/// What the path says beside the canvas. The `session_id` among the routing keys is another: the sitting of who asks.
#[derive(Debug, Deserialize)]
pub struct Named {
    session: String,
}

/// Ends a graft: its replay is made. The same again is answered the same. 202 where that takes longer than an answer is
/// awaited: it will be among the canvas's replays. Takes the role member.
#[utoipa::path(post, path = "/canvas/{canvas_id}/graft/{session}/stop", tag = "graft", security(("bearer" = [])),
    params(("canvas_id" = String, Path), ("session" = String, Path, description = "`session_id`, as it was begun")),
    responses((status = 200, body = GraftStopped), (status = 202, body = GraftStopping),
        (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), AtLimit))]
pub async fn stop_graft(
    State(state): State<Arc<AppState>>,
    on: OnCanvas,
    Path(Named { session }): Path<Named>,
) -> Result<Response, ApiError> {
    on.member.needs(Role::Member)?;
    let session_id: GraftId = session.parse().map_err(|_| ApiError::not_found())?;
    state.rates.take(&on.member.tenant_id, Class::Commands).await?;
    // What was shown here before is in the replay.
    state.recorder.flush(&on.stream).await;
    let (canvas_id, order) = (on.canvas_id.clone(), on.canvas_id.as_str());
    let ask = GraftAsk::Stop { session_id: session_id.clone(), canvas_id };
    let question = Question { of: Asked::Graft, kind: ask.kind(), order, correlation_id: None };
    let granted = ask::in_time(&state, &on.member, question, ask).await?;
    state.registry.forget(&on.stream).await;
    match granted {
        Some(GraftGrant::Stopped { artifact_id }) => Ok(Json(GraftStopped { artifact_id }).into_response()),
        Some(other @ GraftGrant::Started) => Err(unexpected(&other)),
        None => {
            let location = format!("/canvas/{}/replays", on.canvas_id);
            let stopping = GraftStopping { session_id, status: "stopping" };
            Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(stopping)).into_response())
        }
    }
}
