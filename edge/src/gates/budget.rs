//! `/budget/limits` and `/budget/usage/summary`: what may be spent, and what is left.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, money, name, named, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::budget::{self, LimitBody, LimitSummary, Scope};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use gates::Window;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewLimit;
use subjects::ids::{LimitId, Role, SurfaceId};
use subjects::money::{Currency, Money};

/// A page of limits.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LimitPage {
    /// By `limit_id`.
    limits: Vec<LimitBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A page of limits, with what is left of each.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SummaryPage {
    /// By `limit_id`.
    limits: Vec<LimitSummary>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A limit to be set.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLimitBody {
    /// Names it. Where it is left out, the limit of this surface, window and currency is set.
    #[schema(value_type = Option<String>)]
    limit_id: Option<LimitId>,
    /// Of which surface; where it is left out, all together.
    #[schema(value_type = Option<String>)]
    surface: Option<SurfaceId>,
    /// In which time: `hour` (60 minutes), `day` (24 hours) or `month` (30 days), up to now.
    #[schema(example = "day")]
    window: String,
    /// The most: a decimal, not below 0, with at most 6 digits behind the point, in text or as a number.
    #[schema(value_type = String, example = "100")]
    amount: Box<RawValue>,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
}

/// Sets a limit; one of the same name is replaced. A surface has one for each window and currency. Takes the role admin.
#[utoipa::path(put, path = "/budget/limits", tag = "gates", security(("bearer" = [])), request_body = SetLimitBody,
    responses((status = 200, body = LimitBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn set_limit(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<SetLimitBody>,
) -> Result<Json<LimitBody>, ApiError> {
    member.needs(Role::Admin)?;
    let SetLimitBody { limit_id, surface, window, amount, currency } = body;
    let window: Window = said::word(&window, "window")?;
    let most = Money { micros: money::micros(&amount, "amount")?, currency };
    let (place, of, letters) = ((&member.tenant_id, member.env), surface.clone(), most.currency.clone());
    let of = of.as_ref().map(|surface| surface.as_str());
    let scope = Scope { surface: of, window: window.as_str(), currency: letters.as_str() };
    let limit_id = match limit_id {
        Some(limit_id) => limit_id,
        None => {
            let before = budget::find_limit(&state.pool, place, scope).await?;
            let before = before.map(|limit| limit.limit_id.parse()).transpose()?;
            name(before, "limit")?
        }
    };
    change(&state, &member, Change::SetLimit(NewLimit { limit_id, surface, window, most })).await?;
    changed(budget::find_limit(&state.pool, place, scope).await).map(Json)
}

/// Lifts a limit. Takes the role admin.
#[utoipa::path(delete, path = "/budget/limits/{limit_id}", tag = "gates", security(("bearer" = [])),
    params(("limit_id" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), AtLimit))]
pub async fn drop_limit(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(limit_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    member.needs(Role::Admin)?;
    change(&state, &member, Change::DropLimit { limit_id: named(&limit_id)? }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The limits.
#[utoipa::path(get, path = "/budget/limits", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = LimitPage), (status = 400, body = ProblemBody)))]
pub async fn list_limits(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<LimitPage>, ApiError> {
    let listing = Listing::of(&state, &member, "limits", &[], query);
    let mut found = budget::limits(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |limit| limit.limit_id.clone());
    Ok(Json(LimitPage { limits: found, next }))
}

/// The limits, and of each what was spent in its window, what actions under way may still spend, and what is left.
#[utoipa::path(get, path = "/budget/usage/summary", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = SummaryPage), (status = 400, body = ProblemBody)))]
pub async fn sum_usage(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<SummaryPage>, ApiError> {
    let listing = Listing::of(&state, &member, "usage_summary", &[], query);
    let mut found = budget::summary(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |summary| summary.limit.limit_id.clone());
    Ok(Json(SummaryPage { limits: found, next }))
}
