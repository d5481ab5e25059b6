//! `/tenants/{tenant_id}/members`: who belongs to a tenant. The role is looked up each time, whatever the token says.

use crate::context::{Caller, RequestId, Stated, member};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, JsonBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::identity::credentials;
use crate::queries::people;
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::{Ask, Granted};
use subjects::ids::{ActorId, Env, Role, TenantId};

/// A member of a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberBody {
    #[schema(value_type = String)]
    user_id: ActorId,
    /// Null where the issuer of their token vouches for none.
    email: Option<String>,
    #[schema(value_type = String, example = "member")]
    role: Role,
}

/// A page of members.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MemberPage {
    /// By `user_id`.
    members: Vec<MemberBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// Whose role is set: a user by email or by id.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMemberBody {
    email: Option<String>,
    #[schema(value_type = Option<String>)]
    user_id: Option<ActorId>,
    #[schema(value_type = String, example = "member")]
    role: Role,
}

/// A caller in the tenant of the path, with the role that they have now.
#[derive(Debug)]
pub struct InTenant {
    caller: Caller,
    tenant_id: TenantId,
    role: Role,
    request_id: RequestId,
}

impl FromRequestParts<Arc<AppState>> for InTenant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let stated = Stated::from_request_parts(parts, state).await?;
        let Ok(request_id) = RequestId::from_request_parts(parts, state).await;
        let tenant_id = stated.tenant_id.ok_or_else(ApiError::not_found)?;
        member::role_in(&caller, &tenant_id)?;
        let now = people::role(&state.pool, &tenant_id, &caller.claims.sub).await?;
        let role = now.ok_or_else(|| ApiError::new(Code::NotAMember, "You are no longer a member of this tenant."))?;
        Ok(Self { caller, tenant_id, role, request_id })
    }
}

/// The members of a tenant.
#[utoipa::path(get, path = "/tenants/{tenant_id}/members", tag = "identity", security(("bearer" = [])),
    params(("tenant_id" = String, Path), PageQuery),
    responses((status = 200, body = MemberPage), (status = 403, body = ProblemBody)))]
pub async fn list_members(
    State(state): State<Arc<AppState>>,
    tenant: InTenant,
    query: PageQuery,
) -> Result<Json<MemberPage>, ApiError> {
    let list = [&b"members"[..], tenant.tenant_id.as_str().as_bytes()];
    let after = page::after::<ActorId>(&state.seal, &list, query.cursor.as_deref())?;
    let mut found = people::members(&state.pool, &tenant.tenant_id, after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.user_id.as_str()));
    let body = |member: people::TenantMember| {
        let people::TenantMember { user_id, email, role } = member;
        MemberBody { user_id, email, role }
    };
    Ok(Json(MemberPage { members: found.into_iter().map(body).collect(), next }))
}

/// Gives a user a role in the tenant, whether or not they had one. Takes the role admin; nobody gives more than their
/// own.
#[utoipa::path(post, path = "/tenants/{tenant_id}/members", tag = "identity", security(("bearer" = [])),
    params(("tenant_id" = String, Path)), request_body = SetMemberBody,
    responses((status = 200, body = MemberBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn set_member(
    State(state): State<Arc<AppState>>,
    tenant: InTenant,
    JsonBody(body): JsonBody<SetMemberBody>,
) -> Result<Json<MemberBody>, ApiError> {
    member::needs(tenant.role, Role::Admin)?;
    let user = named(&state, &body).await?;
    let ask = Ask::SetMember {
        tenant_id: tenant.tenant_id.clone(),
        user_id: user.user_id.clone(),
        role: body.role,
        asker_role: tenant.role,
    };
    tenant.ask(&state, ask).await?;
    Ok(Json(MemberBody { user_id: user.user_id, email: user.email, role: body.role }))
}

/// Takes a user out of the tenant. Takes the role admin, unless it is oneself.
#[utoipa::path(delete, path = "/tenants/{tenant_id}/members/{user_id}", tag = "identity", security(("bearer" = [])),
    params(("tenant_id" = String, Path), ("user_id" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove_member(
    State(state): State<Arc<AppState>>,
    tenant: InTenant,
    path: Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let Path((_, user_id)) = path;
    let user_id: ActorId = user_id.parse().map_err(|_| ApiError::not_found())?;
    if user_id != tenant.caller.claims.sub {
        member::needs(tenant.role, Role::Admin)?;
    }
    let ask = Ask::RemoveMember { tenant_id: tenant.tenant_id.clone(), user_id, asker_role: tenant.role };
    tenant.ask(&state, ask).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl InTenant {
    /// Changes of one tenant's members keep their order.
    async fn ask(&self, state: &AppState, ask: Ask) -> Result<(), ApiError> {
        let asking = Asking {
            tenant_id: self.tenant_id.clone(),
            env: Env::Prod,
            order: "members",
            request_id: &self.request_id,
            actor_id: Some(self.caller.claims.sub.clone()),
        };
        match control::ask(state, asking, ask).await? {
            Granted::Done => Ok(()),
            other => Err(control::unexpected(&other)),
        }
    }
}

async fn named(state: &AppState, body: &SetMemberBody) -> Result<people::User, ApiError> {
    let user = match (&body.email, &body.user_id) {
        (Some(email), None) => people::by_email(&state.pool, &credentials::email(email)?).await?,
        (None, Some(user_id)) => people::by_id(&state.pool, user_id).await?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(body::invalid("Name the user by email or by user_id.".into(), "."));
        }
    };
    user.ok_or_else(|| ApiError::new(Code::NotFound, "There is no such user."))
}
