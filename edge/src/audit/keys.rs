//! `GET /.well-known/audit-keys`: what checkpoints are verified with.

use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use std::sync::Arc;

/// Whose signatures are to be believed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditKeys {
    /// Verifier keys as C2SP's signed-note says them: the one that signs now, then those that signed before.
    #[schema(example = json!(["northstar.example+12345678+AbCd"]))]
    keys: Vec<String>,
}

const KEPT: &str = "public, max-age=300";

/// The keys that audit logs are verified with. Keep them: whoever can change what this says could sign anything.
#[utoipa::path(get, path = "/.well-known/audit-keys", tag = "operations", responses((status = 200, body = AuditKeys)))]
pub async fn audit_keys(State(state): State<Arc<AppState>>) -> ([(HeaderName, &'static str); 1], Json<AuditKeys>) {
    let keys = state.config.vkeys().map(str::to_owned).collect();
    ([(CACHE_CONTROL, KEPT)], Json(AuditKeys { keys }))
}
