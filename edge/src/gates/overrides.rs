//! `/gates/overrides`: owners' words against what is unknown.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, name, named, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::overrides::{self, OverrideSaid};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewOverride;
use subjects::gates::text::{Name, Words};
use subjects::ids::{OverrideId, Role};

/// A page of overrides.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OverridePage {
    /// By `override_id`.
    overrides: Vec<OverrideSaid>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// An owner's word against what is unknown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideBody {
    /// Names it. Said twice with the same, it is on record once.
    #[schema(value_type = Option<String>)]
    override_id: Option<OverrideId>,
    /// At which gate: `kill_switch`, `firearms`, `strategy_lock`, `budget`, `kpi` or `temperature`.
    #[schema(example = "kpi")]
    gate: String,
    /// For which action; all where it is left out.
    #[schema(value_type = Option<String>, max_length = 128)]
    action: Option<Name>,
    /// Why.
    #[schema(value_type = String, max_length = 2000)]
    reason: Words,
    /// Until when, not including.
    expires_at: DateTime<Utc>,
}

/// Puts an owner's word on record: what was never measured is not refused at that gate. What was measured still is. Takes the
/// role owner.
#[utoipa::path(post, path = "/gates/overrides", tag = "gates", security(("bearer" = [])), request_body = OverrideBody,
    responses((status = 201, body = OverrideSaid), (status = 400, body = ProblemBody),
        (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), AtLimit))]
pub async fn make_override(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<OverrideBody>,
) -> Result<(StatusCode, Json<OverrideSaid>), ApiError> {
    member.needs(Role::Owner)?;
    let OverrideBody { override_id, gate, action, reason, expires_at } = body;
    let override_id = name(override_id, "ovr")?;
    let (gate, expires_at) = (said::word(&gate, "gate")?, said::future(expires_at, "expires_at", Utc::now())?);
    let new = NewOverride { override_id: override_id.clone(), gate, action, reason, expires_at };
    change(&state, &member, Change::Override(new)).await?;
    Ok((StatusCode::CREATED, read(&state, &member, &override_id).await?))
}

/// Takes an owner's word back. The same again is answered the same. Takes the role owner.
#[utoipa::path(post, path = "/gates/overrides/{override_id}/revoke", tag = "gates", security(("bearer" = [])),
    params(("override_id" = String, Path)),
    responses((status = 200, body = OverrideSaid), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), AtLimit))]
pub async fn revoke_override(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(override_id): Path<String>,
) -> Result<Json<OverrideSaid>, ApiError> {
    member.needs(Role::Owner)?;
    let override_id: OverrideId = named(&override_id)?;
    change(&state, &member, Change::RevokeOverride { override_id: override_id.clone() }).await?;
    read(&state, &member, &override_id).await
}

async fn read(state: &AppState, member: &Member, override_id: &OverrideId) -> Result<Json<OverrideSaid>, ApiError> {
    changed(overrides::find(&state.pool, (&member.tenant_id, member.env), override_id.as_str()).await).map(Json)
}

/// The owners' words that are or were on record.
#[utoipa::path(get, path = "/gates/overrides", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = OverridePage), (status = 400, body = ProblemBody)))]
pub async fn list_overrides(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<OverridePage>, ApiError> {
    let listing = Listing::of(&state, &member, "overrides", &[], query);
    let mut found = overrides::list(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |it| it.override_id.clone());
    Ok(Json(OverridePage { overrides: found, next }))
}
