//! `/firearms/dangerous-actions`: what takes a licence, and of which level.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::dangerous::{self, DangerousAction};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use gates::Level;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::text::Name;
use subjects::ids::Role;

/// A page of dangerous actions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DangerPage {
    /// By `action`.
    dangerous_actions: Vec<DangerousAction>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// An action that is to take a licence.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RaiseBody {
    /// Which.
    #[schema(value_type = String, example = "publish_sensitive", max_length = 128)]
    action: Name,
    /// The least level of the licence: `low`, `medium` or `high`.
    #[schema(value_type = String, example = "high")]
    level: String,
}

/// The level that an action takes from now on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Raised {
    #[schema(value_type = String)]
    action: Name,
    #[schema(value_type = String, example = "high")]
    level: Level,
}

/// Lets an action take a licence of a level. It only goes up: what is below the default or below what was set before is
/// refused (409 `LEVEL_TOO_LOW`). Takes the role admin.
#[utoipa::path(put, path = "/firearms/dangerous-actions", tag = "gates", security(("bearer" = [])),
    request_body = RaiseBody,
    responses((status = 200, body = Raised), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn raise_level(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<RaiseBody>,
) -> Result<Json<Raised>, ApiError> {
    member.needs(Role::Admin)?;
    let RaiseBody { action, level } = body;
    let level: Level = said::word(&level, "level")?;
    change(&state, &member, Change::RaiseLevel { action: action.clone(), level }).await?;
    Ok(Json(Raised { action, level }))
}

/// The actions that take a licence: the defaults, and what the tenant demands beyond them.
#[utoipa::path(get, path = "/firearms/dangerous-actions", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = DangerPage), (status = 400, body = ProblemBody)))]
pub async fn list_dangerous_actions(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<DangerPage>, ApiError> {
    let listing = Listing::of(&state, &member, "dangerous_actions", &[], query);
    let mut found = dangerous::list(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |danger| danger.action.clone());
    Ok(Json(DangerPage { dangerous_actions: found, next }))
}
