//! `GET /auth/me`: who a token is, and where they belong now.

use crate::context::Caller;
use crate::error::{ApiError, ProblemBody};
use crate::identity::session::{MembershipBody, UserBody};
use crate::identity::token::TENANTS_MAX;
use crate::queries::people;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::{ActorType, TenantId};

/// Who a token is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeBody {
    user: UserBody,
    #[schema(value_type = String, example = "human")]
    actor_type: ActorType,
    #[schema(value_type = Option<String>)]
    default_tenant_id: Option<TenantId>,
    /// As they are now; the token's may be older.
    memberships: Vec<MembershipBody>,
    /// When the token ends, in seconds since 1970.
    expires_at: u64,
}

/// Who the token is, and where they belong now.
#[utoipa::path(get, path = "/auth/me", tag = "identity", security(("bearer" = [])),
    responses((status = 200, body = MeBody), (status = 401, body = ProblemBody)))]
pub async fn me(State(state): State<Arc<AppState>>, caller: Caller) -> Result<Json<MeBody>, ApiError> {
    let claims = caller.claims;
    let user = people::by_id(&state.pool, &claims.sub).await?;
    let user = user.ok_or_else(|| ApiError::new(Code::Unauthenticated, "The user of this token is gone."))?;
    let memberships = people::memberships(&state.pool, &claims.sub, TENANTS_MAX).await?;
    Ok(Json(MeBody {
        user: UserBody { user_id: user.user_id, email: user.email },
        actor_type: claims.actor_type,
        default_tenant_id: claims.default_tenant_id,
        memberships: memberships.iter().map(MembershipBody::from).collect(),
        expires_at: claims.exp,
    }))
}
