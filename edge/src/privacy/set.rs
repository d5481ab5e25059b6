//! `POST /privacy/train-prefs/…`: saying whether others may learn from what is done.

use super::prefs::TrainPrefsBody;
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::limits::{AtLimit, Class};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use subjects::ids::Role;
use subjects::privacy::{PrivacyAsk, PrivacyGrant};

/// Whether others may learn from it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainBody {
    /// Null takes back what was said. It must be there.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    train_ok: Option<bool>,
}

/// What concerns the tenant as a whole is done in order.
const OF_TENANT: &str = "tenant";

/// Says for the tenant, in all of its envs, whether others may learn from what is done in it; in tenant-0's own context, for
/// all tenants that say nothing. Takes the role admin. It holds for what happens from now on, and for what is exported from now
/// on.
#[utoipa::path(post, path = "/privacy/train-prefs/tenant", tag = "privacy", security(("bearer" = [])),
    request_body = TrainBody,
    responses((status = 200, body = TrainPrefsBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        AtLimit))]
pub async fn set_tenant_train(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<TrainBody>,
) -> Result<Json<TrainPrefsBody>, ApiError> {
    member.needs(Role::Admin)?;
    set(&state, &member, OF_TENANT, PrivacyAsk::SetTenantTrain { train_ok: body.train_ok }).await
}

/// Says for yourself whether others may learn from what you do in this tenant, in all of its envs. Nobody can say it for you.
#[utoipa::path(post, path = "/privacy/train-prefs/user", tag = "privacy", security(("bearer" = [])),
    request_body = TrainBody,
    responses((status = 200, body = TrainPrefsBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        AtLimit))]
pub async fn set_user_train(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<TrainBody>,
) -> Result<Json<TrainPrefsBody>, ApiError> {
    let order = member.actor().actor_id;
    set(&state, &member, order.as_str(), PrivacyAsk::SetUserTrain { train_ok: body.train_ok }).await
}

async fn set(
    state: &AppState,
    member: &Member,
    order: &str,
    ask: PrivacyAsk,
) -> Result<Json<TrainPrefsBody>, ApiError> {
    state.rates.take(&member.tenant_id, Class::Commands).await?;
    match super::ask(state, member, order, ask).await? {
        PrivacyGrant::Set => Ok(Json(TrainPrefsBody::of(state, member).await?)),
        other @ PrivacyGrant::Erased { .. } => Err(super::unexpected(&other)),
    }
}
