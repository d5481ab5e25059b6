//! `/budget/usage`: what was spent.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::{change, changed, money, said};
use crate::http::body::JsonBody;
use crate::http::query::PageQuery;
use crate::limits::AtLimit;
use crate::queries::gates::budget::{self, UsageSaid};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::NewUsage;
use subjects::gates::text::{Name, Words};
use subjects::ids::{Role, SurfaceId};
use subjects::money::{Currency, Money};
use uuid::Uuid;

/// A page of what was spent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsagePage {
    /// By `usage_id`, the last first.
    usage: Vec<UsageSaid>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// What was spent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageBody {
    /// Names it. Told twice with the same, it is counted once.
    usage_id: Option<Uuid>,
    /// How much: a decimal, not below 0, with at most 6 digits behind the point, in text or as a number.
    #[schema(value_type = String, example = "12.50")]
    amount: Box<RawValue>,
    /// ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    /// Where.
    #[schema(value_type = Option<String>)]
    surface: Option<SurfaceId>,
    /// Through whom.
    #[schema(value_type = Option<String>, max_length = 128)]
    provider: Option<Name>,
    /// For people.
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Option<Words>,
    /// When; now where it is left out. Not in the future.
    used_at: Option<DateTime<Utc>>,
}

/// Tells what was spent elsewhere: it counts in the limits from now on. What actions spend is counted by itself. Takes the
/// role admin.
#[utoipa::path(post, path = "/budget/usage", tag = "gates", security(("bearer" = [])), request_body = UsageBody,
    responses((status = 201, body = UsageSaid), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn record_usage(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<UsageBody>,
) -> Result<(StatusCode, Json<UsageSaid>), ApiError> {
    member.needs(Role::Admin)?;
    let usage = body.read(Utc::now())?;
    let usage_id = usage.usage_id;
    change(&state, &member, Change::RecordUsage(usage)).await?;
    let found = budget::find_usage(&state.pool, (&member.tenant_id, member.env), usage_id).await;
    Ok((StatusCode::CREATED, changed(found).map(Json)?))
}

impl UsageBody {
    fn read(self, now: DateTime<Utc>) -> Result<NewUsage, ApiError> {
        let Self { usage_id, amount, currency, surface, provider, note, used_at } = self;
        let cost = Money { micros: money::micros(&amount, "amount")?, currency };
        let used_at = used_at.map(|at| said::past(at, "used_at", now)).transpose()?;
        Ok(NewUsage { usage_id: usage_id.unwrap_or_else(Uuid::now_v7), cost, surface, provider, note, used_at })
    }
}

/// What was spent, the last first.
#[utoipa::path(get, path = "/budget/usage", tag = "gates", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = UsagePage), (status = 400, body = ProblemBody)))]
pub async fn list_usage(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<UsagePage>, ApiError> {
    let listing = Listing::of(&state, &member, "usage", &[], query);
    let mut found = budget::usage(&state.pool, (&member.tenant_id, member.env), &listing.span()?).await?;
    let next = listing.cut(&mut found, |usage| usage.usage_id.to_string());
    Ok(Json(UsagePage { usage: found, next }))
}
