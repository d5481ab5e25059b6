//! Sessions: what a login gives, continuing it, ending it.

use crate::context::RequestId;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::identity::refresh::RefreshToken;
use crate::identity::token::TENANTS_MAX;
use crate::queries::people::{self, Membership};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{TimeDelta, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::{Ask, Granted, NewSession};
use subjects::ids::{ActorId, Role, TenantId};
use uuid::Uuid;

/// What a login gives.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionBody {
    /// For `Authorization: Bearer …`.
    access_token: String,
    /// For `POST /auth/refresh`, once.
    refresh_token: String,
    /// How long the access token is valid, in seconds.
    expires_in: u64,
    user: UserBody,
    /// The tenant to begin with; null for who belongs nowhere.
    tenant: Option<TenantBody>,
    memberships: Vec<MembershipBody>,
}

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserBody {
    #[schema(value_type = String)]
    pub(super) user_id: ActorId,
    /// Null where the issuer of their token vouches for none, and for agents.
    pub(super) email: Option<String>,
}

/// A tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TenantBody {
    #[schema(value_type = String)]
    tenant_id: TenantId,
    name: String,
}

/// A role in a tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MembershipBody {
    #[schema(value_type = String)]
    pub(super) tenant_id: TenantId,
    #[schema(value_type = String, example = "owner")]
    pub(super) role: Role,
}

/// A refresh token.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    refresh_token: String,
}

impl From<&Membership> for MembershipBody {
    fn from(membership: &Membership) -> Self {
        Self { tenant_id: membership.tenant_id.clone(), role: membership.role }
    }
}

/// A session to be begun, and its first refresh token.
pub(super) fn begin(state: &AppState) -> (NewSession, RefreshToken) {
    let session_id = Uuid::now_v7();
    let refresh = RefreshToken::new(session_id);
    let session = NewSession { session_id, refresh_hash: refresh.hash(), expires_at: expiry(state) };
    (session, refresh)
}

fn expiry(state: &AppState) -> chrono::DateTime<Utc> {
    let secs = i64::try_from(state.config.identity.refresh_secs).unwrap_or(i64::MAX);
    Utc::now() + TimeDelta::try_seconds(secs).unwrap_or(TimeDelta::MAX)
}

/// What a user gets whose session began or goes on.
pub(super) fn body(
    state: &AppState,
    user: UserBody,
    refresh: RefreshToken,
    memberships: &[Membership],
) -> Result<SessionBody, ApiError> {
    let roles: Vec<_> = memberships.iter().map(|each| (each.tenant_id.clone(), each.role)).collect();
    let first = memberships.first();
    Ok(SessionBody {
        access_token: state.tokens.make(user.user_id.clone(), &roles, refresh.session_id)?,
        refresh_token: refresh.into_text(),
        expires_in: state.tokens.secs(),
        user,
        tenant: first.map(|first| TenantBody { tenant_id: first.tenant_id.clone(), name: first.tenant_name.clone() }),
        memberships: memberships.iter().map(MembershipBody::from).collect(),
    })
}

/// Gives a new access token and a new refresh token for a refresh token, which is spent.
///
/// Spending one twice ends the session: then either you or a thief holds a copy.
#[utoipa::path(post, path = "/auth/refresh", tag = "identity", request_body = RefreshBody,
    responses((status = 200, body = SessionBody), (status = 401, body = ProblemBody)))]
pub async fn refresh(
    State(state): State<Arc<AppState>>,
    request_id: RequestId,
    JsonBody(body): JsonBody<RefreshBody>,
) -> Result<Json<SessionBody>, ApiError> {
    let spent = RefreshToken::read(&body.refresh_token)?;
    let next = RefreshToken::new(spent.session_id);
    let rotate = Ask::RotateSession {
        session_id: spent.session_id,
        spent_hash: spent.hash(),
        refresh_hash: next.hash(),
        expires_at: expiry(&state),
    };
    let order = spent.session_id.to_string();
    let user_id = match control::ask(&state, Asking::about_people(&order, &request_id, None), rotate).await? {
        Granted::Session { user_id } => user_id,
        other => return Err(control::unexpected(&other)),
    };
    let user = people::by_id(&state.pool, &user_id).await?;
    let user = user.ok_or_else(|| ApiError::new(Code::RefreshInvalid, "The user is gone."))?;
    let memberships = people::memberships(&state.pool, &user_id, TENANTS_MAX).await?;
    self::body(&state, UserBody { user_id, email: user.email }, next, &memberships).map(Json)
}

/// Ends the session of a refresh token. Within a second its access tokens open nothing, and the streams that they opened
/// are closed.
#[utoipa::path(post, path = "/auth/logout", tag = "identity", request_body = RefreshBody,
    responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn logout(
    State(state): State<Arc<AppState>>,
    request_id: RequestId,
    JsonBody(body): JsonBody<RefreshBody>,
) -> Result<StatusCode, ApiError> {
    let token = RefreshToken::read(&body.refresh_token)?;
    let end = Ask::EndSession { session_id: token.session_id, refresh_hash: token.hash() };
    let order = token.session_id.to_string();
    match control::ask(&state, Asking::about_people(&order, &request_id, None), end).await? {
        Granted::Done => Ok(StatusCode::NO_CONTENT),
        other => Err(control::unexpected(&other)),
    }
}
