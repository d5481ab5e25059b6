//! `POST /privacy/erase`: taking what is known of somebody out of a tenant's dataset events.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::limits::{AtLimit, Class};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::ids::{ActorId, Role};
use subjects::privacy::{PrivacyAsk, PrivacyGrant};

/// Whose.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseBody {
    /// A user or an agent. They need not be a member any more.
    #[schema(value_type = String)]
    user_id: ActorId,
}

/// What was erased.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErasedBody {
    /// How many events lost their payload now.
    erased: u64,
    /// How many have no place in the tenant's log yet, and keep theirs: ask again.
    waiting: u64,
}

/// Erases what this tenant's dataset events, in all of its envs, hold of what somebody did: the payloads, and the salts that
/// could prove them. Who did what and when stays, and every proof stays good. Of others it takes the role admin; your own you
/// may always erase. What they said in threads and did on canvases is not erased by it.
#[utoipa::path(post, path = "/privacy/erase", tag = "privacy", security(("bearer" = [])), request_body = EraseBody,
    responses((status = 200, body = ErasedBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        AtLimit))]
pub async fn erase(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<EraseBody>,
) -> Result<Json<ErasedBody>, ApiError> {
    if body.user_id != member.actor().actor_id {
        member.needs(Role::Admin)?;
    }
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    let order = body.user_id.clone();
    match super::ask(&state, &member, order.as_str(), PrivacyAsk::Erase { user_id: body.user_id }).await? {
        PrivacyGrant::Erased { erased, waiting } => Ok(Json(ErasedBody { erased, waiting })),
        other @ PrivacyGrant::Set => Err(super::unexpected(&other)),
    }
}
