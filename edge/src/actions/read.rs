//! `GET /actions/{action_id}`: how an action stands.

use super::{decided, find};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::money::MoneySaid;
use crate::queries::actions::Action;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::action::ActionStatus;
use subjects::event::millis;
use subjects::ids::{ActorId, ActorType};
use uuid::Uuid;

/// An action, as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActionSaid {
    action_id: Uuid,
    action: String,
    subject: SubjectSaid,
    surface: Option<String>,
    provider: Option<String>,
    cost: Option<MoneySaid>,
    #[schema(value_type = Option<Object>)]
    payload: Option<Box<RawValue>>,
    webhook_url: Option<String>,
    /// Who asked for it.
    #[schema(value_type = String)]
    actor_id: ActorId,
    #[schema(value_type = String)]
    actor_type: ActorType,
    /// `{allowed, gate?, code?, facts_ref}`
    #[schema(value_type = Object)]
    decision: Value,
    #[serde(with = "millis")]
    decided_at: DateTime<Utc>,
    /// `refused`, `pending`, `done`, `failed` or `stopped`.
    #[schema(value_type = String, example = "done")]
    status: ActionStatus,
    /// How often it was offered to its receiver.
    attempts: u32,
    /// When it is offered again, while it is pending.
    #[schema(value_type = Option<String>)]
    next_attempt_at: Option<Timestamp>,
    /// Why the last attempt did not do.
    last_error: Option<String>,
    #[schema(value_type = Option<String>)]
    settled_at: Option<Timestamp>,
}

/// Who does something.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SubjectSaid {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Debug, Serialize)]
struct Timestamp(#[serde(with = "millis")] DateTime<Utc>);

/// How an action stands.
#[utoipa::path(get, path = "/actions/{action_id}", tag = "gates", security(("bearer" = [])),
    params(("action_id" = String, Path)),
    responses((status = 200, body = ActionSaid), (status = 404, body = ProblemBody)))]
pub async fn read_action(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(action_id): Path<String>,
) -> Result<Json<ActionSaid>, ApiError> {
    let action = find(&state, &member, &action_id).await?;
    said(action).map(Json)
}

/// As it is told.
pub(super) fn said(action: Action) -> Result<ActionSaid, ApiError> {
    let decision = decided(&action)?;
    let payload = action.payload.map(RawValue::from_string).transpose().map_err(ApiError::internal)?;
    Ok(ActionSaid {
        action_id: action.action_id,
        action: action.action,
        subject: SubjectSaid { kind: action.subject_type, id: action.subject_id },
        surface: action.surface,
        provider: action.provider,
        cost: action.cost.map(Into::into),
        payload,
        webhook_url: action.webhook_url,
        actor_id: action.actor_id,
        actor_type: action.actor_type,
        decision,
        decided_at: action.decided_at,
        status: action.status,
        attempts: action.attempts,
        next_attempt_at: action.next_attempt_at.map(Timestamp),
        last_error: action.last_error,
        settled_at: action.settled_at.map(Timestamp),
    })
}
