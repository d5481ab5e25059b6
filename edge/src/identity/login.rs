//! `POST /auth/login`: a session for who knows the password.

use crate::context::RequestId;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::identity::credentials;
use crate::identity::session::{self, SessionBody, UserBody};
use crate::identity::token::TENANTS_MAX;
use crate::queries::people::{self, User};
use crate::road::control::{self, Asking};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::control::{Ask, Granted};

/// Who logs in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    email: String,
    password: String,
}

/// Begins a session. The answer tells not whether the email address is known, and neither does its time.
#[utoipa::path(post, path = "/auth/login", tag = "identity", request_body = LoginBody,
    responses((status = 200, body = SessionBody), (status = 401, body = ProblemBody)))]
pub async fn login(
    State(state): State<Arc<AppState>>,
    request_id: RequestId,
    JsonBody(body): JsonBody<LoginBody>,
) -> Result<Json<SessionBody>, ApiError> {
    let email = credentials::email(&body.email)?;
    let known = people::by_email(&state.pool, &email).await?;
    let user = proven(&state, known, body.password).await?;
    let (session, refresh) = session::begin(&state);
    let ask = Ask::StartSession { user_id: user.user_id.clone(), session };
    let asking = Asking::about_people(user.user_id.as_str(), &request_id, Some(user.user_id.clone()));
    match control::ask(&state, asking, ask).await? {
        Granted::Session { .. } => {}
        other => return Err(control::unexpected(&other)),
    }
    let memberships = people::memberships(&state.pool, &user.user_id, TENANTS_MAX).await?;
    let User { user_id, email, .. } = user;
    session::body(&state, UserBody { user_id, email }, refresh, &memberships).map(Json)
}

async fn proven(state: &AppState, known: Option<User>, password: String) -> Result<User, ApiError> {
    let hash = known.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = state.passwords.is_right(password, hash).await?;
    let refused = || ApiError::new(Code::CredentialsInvalid, "Email and password do not belong together.");
    known.filter(|_| is_right).ok_or_else(refused)
}
