//! `GET /privacy/train-prefs`: whether others may learn from what one does, and who said so.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::queries::privacy::{self, Prefs};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

/// Who said what about learning, and what follows for whoever asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrainPrefsBody {
    /// What the tenant says; null where it says nothing.
    tenant: Option<bool>,
    /// What you say; null where you say nothing.
    user: Option<bool>,
    /// What holds where a tenant says nothing: tenant-0's word.
    default: bool,
    /// Whether others may learn from what you do in this tenant. One no is enough.
    train_ok: bool,
}

impl TrainPrefsBody {
    pub(super) async fn of(state: &AppState, member: &Member) -> Result<Self, ApiError> {
        let found = privacy::prefs(&state.pool, &member.tenant_id, &member.actor().actor_id).await?;
        let Prefs { tenant, user, default, train_ok } = found;
        Ok(Self { tenant, user, default, train_ok })
    }
}

/// Whether others may learn from what you do in this tenant, and who said so. Every member may read it.
#[utoipa::path(get, path = "/privacy/train-prefs", tag = "privacy", security(("bearer" = [])),
    responses((status = 200, body = TrainPrefsBody), (status = 403, body = ProblemBody)))]
pub async fn read_train_prefs(
    State(state): State<Arc<AppState>>,
    member: Member,
) -> Result<Json<TrainPrefsBody>, ApiError> {
    Ok(Json(TrainPrefsBody::of(&state, &member).await?))
}
