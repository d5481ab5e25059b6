//! `GET /actions/webhook-secret`: what signs the webhooks of a tenant and env.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use std::sync::Arc;
use subjects::ids::Role;

/// What signs webhooks.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SecretBody {
    /// As the libraries of Standard Webhooks take it.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// The secret that signs the webhooks of the tenant and env: receivers prove with it that they come from here. Takes the role
/// admin.
#[utoipa::path(get, path = "/actions/webhook-secret", tag = "gates", security(("bearer" = [])),
    responses((status = 200, body = SecretBody), (status = 403, body = ProblemBody)))]
pub async fn webhook_secret(State(state): State<Arc<AppState>>, member: Member) -> Result<Json<SecretBody>, ApiError> {
    member.needs(Role::Admin)?;
    let secret = state.config.webhooks.secret_of(&member.tenant_id, member.env);
    Ok(Json(SecretBody { secret: secret.expose_secret().to_owned() }))
}
