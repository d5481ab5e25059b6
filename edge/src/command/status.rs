//! `GET /commands/{command_id}`: what became of a command.

use crate::command::accepted;
use crate::command::answer::{self, EffectBody};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::queries::commands;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// What became of a command.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CommandStatus {
    command_id: Uuid,
    /// `applied`, `rejected`, or `pending`.
    status: &'static str,
    /// What the command was answered with, when it was applied.
    #[serde(flatten)]
    #[schema(inline)]
    applied: Option<EffectBody>,
    /// The problem that the command was answered with, when it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// What the client was given when its command was accepted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AcceptedQuery {
    /// As it stands in the `Location` of the 202.
    accepted: Option<String>,
}

/// What became of a command: `applied`, `rejected` or, with the `accepted` of its 202, `pending`.
#[utoipa::path(get, path = "/commands/{command_id}", tag = "canvas", security(("bearer" = [])),
    params(("command_id" = Uuid, Path), AcceptedQuery),
    responses((status = 200, body = CommandStatus), (status = 404, body = ProblemBody)))]
pub async fn command_status(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(command_id): Path<String>,
    UrlQuery(AcceptedQuery { accepted }): UrlQuery<AcceptedQuery>,
) -> Result<Response, ApiError> {
    let command_id: Uuid = command_id.parse().map_err(|_| ApiError::not_found())?;
    let (tenant_id, env) = (&member.tenant_id, member.env);
    let (status, applied, problem) = match commands::decided(&state.pool, tenant_id, env, command_id).await? {
        Some(decided) => match decided.outcome {
            Ok(effect) => ("applied", Some(EffectBody::of(effect, &state.seal, &decided.stream)), None),
            Err(rejection) => {
                let error = answer::refusal(rejection, &state.seal, &decided.stream);
                let problem = serde_json::to_value(error.body(None)).map_err(ApiError::internal)?;
                ("rejected", None, Some(problem))
            }
        },
        None => {
            let was_accepted =
                accepted.is_some_and(|seal| accepted::is_sealed(&state.seal, tenant_id, env, command_id, &seal));
            if !was_accepted {
                return Err(ApiError::not_found());
            }
            ("pending", None, None)
        }
    };
    Ok(Json(CommandStatus { command_id, status, applied, problem }).into_response())
}
