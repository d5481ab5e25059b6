//! `GET /feature-flags`: what holds, and who said so.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::flags::body::FlagsBody;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

/// The flags that hold for a tenant in an env: its own setting before tenant-0's before the default, unless tenant-0 locked
/// its own. Every member may read them.
#[utoipa::path(get, path = "/feature-flags", tag = "flags", security(("bearer" = [])),
    responses((status = 200, body = FlagsBody), (status = 403, body = ProblemBody)))]
pub async fn list_flags(State(state): State<Arc<AppState>>, member: Member) -> Result<Json<FlagsBody>, ApiError> {
    let flags = state.flags.effective(&member.tenant_id, member.env).await?;
    Ok(Json(FlagsBody::of(&flags)))
}
