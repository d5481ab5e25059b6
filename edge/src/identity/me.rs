//! `GET /auth/me`: who a token is, and where they belong now.

use crate::context::Caller;
use crate::error::{ApiError, ProblemBody};
use crate::identity::session::{MembershipBody, UserBody};
use crate::identity::token::{Claims, TENANTS_MAX};
use crate::queries::people;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::{ActorType, Role, TenantId};

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
    let (user, memberships) = match claims.actor_type {
        ActorType::Human => person(&state, &claims).await?,
        ActorType::Agent | ActorType::System => being(&claims),
    };
    let Claims { actor_type, default_tenant_id, exp, .. } = claims;
    Ok(Json(MeBody { user, actor_type, default_tenant_id, memberships, expires_at: exp }))
}

async fn person(state: &AppState, claims: &Claims) -> Result<(UserBody, Vec<MembershipBody>), ApiError> {
    let user = people::by_id(&state.pool, &claims.sub).await?;
    let user = user.ok_or_else(|| ApiError::new(Code::Unauthenticated, "The user of this token is gone."))?;
    let memberships = people::memberships(&state.pool, &claims.sub, TENANTS_MAX).await?;
    let body = UserBody { user_id: user.user_id, email: user.email };
    Ok((body, memberships.iter().map(MembershipBody::from).collect()))
}

/// What is no person belongs where its token says.
fn being(claims: &Claims) -> (UserBody, Vec<MembershipBody>) {
    let membership =
        |(tenant_id, role): (&TenantId, &Role)| MembershipBody { tenant_id: tenant_id.clone(), role: *role };
    let body = UserBody { user_id: claims.sub.clone(), email: None };
    (body, claims.role_map.iter().map(membership).collect())
}
