//! `POST /auth/agents`: a token for an agent, which acts in one tenant under a name of its own.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, JsonBody};
use crate::identity::token::TOKEN_SECS_MAX;
use crate::queries::people;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::{ActorId, ActorType, Role, TenantId};
use uuid::Uuid;

/// An agent that is to act.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentBody {
    /// The agent's name.
    #[schema(value_type = String, example = "writer-1")]
    actor_id: ActorId,
    /// What it may do: at most what the one may who asks. `member` where it is left out.
    #[schema(value_type = Option<String>, example = "member")]
    role: Option<Role>,
    /// How long the token is valid, in seconds.
    #[schema(minimum = 30, maximum = 86400)]
    expires_in: Option<u64>,
}

/// A token for an agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AgentToken {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// How long it is valid, in seconds.
    expires_in: u64,
    /// Names the token, to revoke it.
    jti: Uuid,
    #[schema(value_type = String)]
    actor_id: ActorId,
    #[schema(value_type = String, example = "agent")]
    actor_type: ActorType,
    #[schema(value_type = String)]
    tenant_id: TenantId,
    #[schema(value_type = String, example = "member")]
    role: Role,
}

const SECS_MIN: u64 = 30;

/// Makes a token with which an agent acts in this tenant. Takes the role admin, and a person. It ends by itself, or by
/// `POST /auth/revoke` with its `jti`.
#[utoipa::path(post, path = "/auth/agents", tag = "identity", security(("bearer" = [])), request_body = AgentBody,
    responses((status = 201, body = AgentToken), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn make_agent_token(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<AgentBody>,
) -> Result<(StatusCode, Json<AgentToken>), ApiError> {
    member.needs(Role::Admin)?;
    if member.actor().actor_type != ActorType::Human || member.caller.ticket.is_some() {
        return Err(ApiError::new(Code::RoleTooLow, "Only people make tokens for agents, with a token of their own."));
    }
    let AgentBody { actor_id, role, expires_in } = body;
    let role = role.unwrap_or(Role::Member);
    member.needs(role)?;
    let secs = expires_in.unwrap_or(state.tokens.secs());
    if !(SECS_MIN..=TOKEN_SECS_MAX).contains(&secs) {
        let detail = format!("expires_in is {SECS_MIN} to {TOKEN_SECS_MAX}.");
        return Err(body::invalid(detail, "expires_in"));
    }
    if people::by_id(&state.pool, &actor_id).await?.is_some() {
        return Err(ApiError::new(Code::AlreadyExists, "A person has this id."));
    }
    let tenant_id = member.tenant_id;
    let (access_token, jti) = state.tokens.make_for_agent(actor_id.clone(), (tenant_id.clone(), role), secs)?;
    let actor_type = ActorType::Agent;
    let token = AgentToken { access_token, expires_in: secs, jti, actor_id, actor_type, tenant_id, role };
    Ok((StatusCode::CREATED, Json(token)))
}
