//! `GET /actions/{action_id}/explain`: what every gate says of an action, on the facts that it was decided on.

use super::{decided, find};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use gates::{Decision, Facts};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use subjects::action::ActionStatus;
use uuid::Uuid;

/// What every gate says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExplainedBody {
    action_id: Uuid,
    /// `refused`, `pending`, `done`, `failed` or `stopped`.
    #[schema(value_type = String)]
    status: ActionStatus,
    /// `{allowed, gate?, code?, facts_ref}`, as it was decided.
    #[schema(value_type = Object)]
    decision: Value,
    /// Whether the recorded facts, decided on again, give the recorded decision, to the last bit.
    is_decided_again: bool,
    /// Each gate, also behind the one that refused: `{gate, outcome: {outcome, via? | code?, cause?}}`. The cause says what
    /// would change the answer.
    #[schema(value_type = Vec<Object>)]
    gates: Value,
    /// What it was decided on, as it was recorded.
    #[schema(value_type = Object)]
    facts: Box<RawValue>,
}

/// What every gate says of the action, on the facts that it was decided on, and what would change the answer.
#[utoipa::path(get, path = "/actions/{action_id}/explain", tag = "gates", security(("bearer" = [])),
    params(("action_id" = String, Path)),
    responses((status = 200, body = ExplainedBody), (status = 404, body = ProblemBody)))]
pub async fn explain_action(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(action_id): Path<String>,
) -> Result<Json<ExplainedBody>, ApiError> {
    let action = find(&state, &member, &action_id).await?;
    let facts: Facts = serde_json::from_str(&action.facts).map_err(ApiError::internal)?;
    let again: Decision = gates::decide(&facts);
    let is_decided_again = serde_json::to_string(&again).map_err(ApiError::internal)? == action.decision;
    if !is_decided_again {
        tracing::error!(%action_id, "a recorded decision does not follow from its facts");
    }
    let decision = decided(&action)?;
    let facts_as_recorded = RawValue::from_string(action.facts).map_err(ApiError::internal)?;
    Ok(Json(ExplainedBody {
        action_id: action.action_id,
        status: action.status,
        decision,
        is_decided_again,
        gates: json!(gates::explain(&facts).steps),
        facts: facts_as_recorded,
    }))
}
