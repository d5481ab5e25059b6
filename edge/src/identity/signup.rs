//! `POST /auth/signup`: a user, a tenant that is theirs, and a session.

use crate::context::RequestId;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::identity::session::{self, SessionBody, UserBody};
use crate::identity::{credentials, password, slug};
use crate::queries::people::Membership;
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::{Ask, Granted};
use subjects::ids::{ActorId, Role};
use uuid::Uuid;

/// Who signs up.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignupBody {
    email: String,
    /// 8 to 1024 bytes.
    password: String,
    /// What the new tenant is called.
    tenant_name: String,
}

/// Creates a user, a tenant that they own, and a session. Refused while the flag `signup_open` of tenant-0 in `prod` is off.
#[utoipa::path(post, path = "/auth/signup", tag = "identity", request_body = SignupBody,
    responses((status = 201, body = SessionBody), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn signup(
    State(state): State<Arc<AppState>>,
    request_id: RequestId,
    JsonBody(body): JsonBody<SignupBody>,
) -> Result<(StatusCode, Json<SessionBody>), ApiError> {
    if !state.flags.signup_open().await? {
        return Err(ApiError::new(Code::SignupClosed, "Nobody can sign up now. Ask a member to let you in."));
    }
    let email = credentials::email(&body.email)?;
    let tenant_name = credentials::tenant_name(&body.tenant_name)?;
    password::check(&body.password)?;
    let password_hash = state.passwords.hash(body.password).await?;
    let user_id: ActorId = format!("u_{}", Uuid::now_v7().simple()).parse()?;
    let (session, refresh) = session::begin(&state);
    let ask = Ask::Signup {
        user_id: user_id.clone(),
        email: email.clone(),
        password_hash,
        tenant_name: tenant_name.clone(),
        tenant_ids: slug::candidates(&tenant_name, rand::random()),
        session,
    };
    let asking = Asking::about_people(&email, &request_id, Some(user_id.clone()));
    let tenant_id = match control::ask(&state, asking, ask).await? {
        Granted::Signup { tenant_id } => tenant_id,
        other => return Err(control::unexpected(&other)),
    };
    let memberships = [Membership { tenant_id, tenant_name, role: Role::Owner }];
    let body = session::body(&state, UserBody { user_id, email: Some(email) }, refresh, &memberships)?;
    Ok((StatusCode::CREATED, Json(body)))
}
