//! `/strategy-locks`: what was agreed on may be done, for a time.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::gates::listing::Listing;
use crate::gates::money::MoneyBody;
use crate::gates::{change, changed, name, named, said};
use crate::http::body::JsonBody;
use crate::http::query::{PageQuery, UrlQuery};
use crate::limits::AtLimit;
use crate::queries::gates::locks::{self, LockBody};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::gates::Change;
use subjects::gates::change::{LockDecision, NewLock};
use subjects::gates::text::{Name, Words};
use subjects::ids::{LockId, QuestionId, Role, SurfaceId};
use subjects::limits::PAGE_MAX;

/// A page of strategy locks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LockPage {
    /// By `lock_id`.
    strategy_locks: Vec<LockBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// A strategy lock to be drafted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// Names it. Said twice with the same, it is drafted once.
    #[schema(value_type = Option<String>)]
    lock_id: Option<LockId>,
    /// For people.
    #[schema(value_type = String, max_length = 2000)]
    title: Words,
    /// What it allows: one at least.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 200)]
    allowed_actions: Vec<Name>,
    /// What it is tied to.
    #[serde(default)]
    constraints: ConstraintsBody,
    /// From when; from now where it is left out.
    valid_from: Option<DateTime<Utc>>,
    /// Until when, not including.
    valid_until: DateTime<Utc>,
    /// The three-wise question whose verdict it needs.
    #[schema(value_type = Option<String>)]
    question_id: Option<QuestionId>,
}

/// What a strategy lock is to be tied to. What is left out ties it to nothing.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstraintsBody {
    /// On which surfaces.
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 200)]
    surfaces: Option<Vec<SurfaceId>>,
    /// Through which providers.
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 200)]
    providers: Option<Vec<Name>>,
    /// What an action may cost at most.
    cost_max: Option<MoneyBody>,
}

/// Why a strategy lock is rejected.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectBody {
    #[schema(value_type = String, max_length = 2000)]
    reason: Words,
}

/// Which strategy locks.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllowingQuery {
    /// Only those that name this action.
    action: Option<String>,
}

/// Drafts a strategy lock. It allows nothing until it is approved. Takes the role member.
#[utoipa::path(post, path = "/strategy-locks", tag = "gates", security(("bearer" = [])), request_body = DraftBody,
    responses((status = 201, body = LockBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), AtLimit))]
pub async fn draft_lock(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<DraftBody>,
) -> Result<(StatusCode, Json<LockBody>), ApiError> {
    member.needs(Role::Member)?;
    let lock = body.read(Utc::now())?;
    let lock_id = lock.lock_id.clone();
    change(&state, &member, Change::DraftLock(lock)).await?;
    Ok((StatusCode::CREATED, read(&state, &member, &lock_id).await?))
}

impl DraftBody {
    fn read(self, now: DateTime<Utc>) -> Result<NewLock, ApiError> {
        let Self { lock_id, title, allowed_actions, constraints, valid_from, valid_until, question_id } = self;
        let ConstraintsBody { surfaces, providers, cost_max } = constraints;
        said::some(Some(&allowed_actions), PAGE_MAX, "allowed_actions")?;
        said::some(surfaces.as_deref(), PAGE_MAX, "constraints.surfaces")?;
        said::some(providers.as_deref(), PAGE_MAX, "constraints.providers")?;
        let valid_from = valid_from.map(|from| said::moment(from, "valid_from")).transpose()?;
        let valid_until = said::future(valid_until, "valid_until", now)?;
        if valid_from.is_some_and(|from| from >= valid_until) {
            return Err(said::wrong("valid_until", "it is not after valid_from"));
        }
        let cost_max = cost_max.map(|cost| cost.read("constraints.cost_max.amount")).transpose()?;
        let lock_id = name(lock_id, "lock")?;
        Ok(NewLock {
            lock_id,
            title,
            allowed_actions,
            surfaces,
            providers,
            cost_max,
            valid_from,
            valid_until,
            question_id,
        })
    }
}

/// Approves a draft: it holds from `valid_from` to `valid_until`, and is not edited any more. Takes the role admin.
#[utoipa::path(post, path = "/strategy-locks/{lock_id}/approve", tag = "gates", security(("bearer" = [])),
    params(("lock_id" = String, Path)),
    responses((status = 200, body = LockBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn approve_lock(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(lock_id): Path<String>,
) -> Result<Json<LockBody>, ApiError> {
    decide(&state, &member, &lock_id, (LockDecision::Approve, None)).await
}

/// Rejects a draft, for good. Takes the role admin.
#[utoipa::path(post, path = "/strategy-locks/{lock_id}/reject", tag = "gates", security(("bearer" = [])),
    params(("lock_id" = String, Path)), request_body = RejectBody,
    responses((status = 200, body = LockBody), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), AtLimit))]
pub async fn reject_lock(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(lock_id): Path<String>,
    JsonBody(body): JsonBody<RejectBody>,
) -> Result<Json<LockBody>, ApiError> {
    decide(&state, &member, &lock_id, (LockDecision::Reject, Some(body.reason))).await
}

/// Ends the time of a lock now, approved or not. The same again is answered the same. Takes the role admin.
#[utoipa::path(post, path = "/strategy-locks/{lock_id}/expire", tag = "gates", security(("bearer" = [])),
    params(("lock_id" = String, Path)),
    responses((status = 200, body = LockBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), AtLimit))]
pub async fn expire_lock(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(lock_id): Path<String>,
) -> Result<Json<LockBody>, ApiError> {
    decide(&state, &member, &lock_id, (LockDecision::Expire, None)).await
}

async fn decide(
    state: &AppState,
    member: &Member,
    lock_id: &str,
    (decision, reason): (LockDecision, Option<Words>),
) -> Result<Json<LockBody>, ApiError> {
    member.needs(Role::Admin)?;
    let lock_id: LockId = named(lock_id)?;
    change(state, member, Change::DecideLock { lock_id: lock_id.clone(), decision, reason }).await?;
    read(state, member, &lock_id).await
}

/// A strategy lock.
#[utoipa::path(get, path = "/strategy-locks/{lock_id}", tag = "gates", security(("bearer" = [])),
    params(("lock_id" = String, Path)),
    responses((status = 200, body = LockBody), (status = 404, body = ProblemBody)))]
pub async fn read_lock(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(lock_id): Path<String>,
) -> Result<Json<LockBody>, ApiError> {
    read(&state, &member, &named(&lock_id)?).await
}

async fn read(state: &AppState, member: &Member, lock_id: &LockId) -> Result<Json<LockBody>, ApiError> {
    changed(locks::find(&state.pool, (&member.tenant_id, member.env), lock_id.as_str()).await).map(Json)
}

/// The strategy locks, of an action where one is named.
#[utoipa::path(get, path = "/strategy-locks", tag = "gates", security(("bearer" = [])), params(AllowingQuery, PageQuery),
    responses((status = 200, body = LockPage), (status = 400, body = ProblemBody)))]
pub async fn list_locks(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(allowing): UrlQuery<AllowingQuery>,
    query: PageQuery,
) -> Result<Json<LockPage>, ApiError> {
    let action = allowing.action.as_deref();
    said::filters(&[action])?;
    let listing = Listing::of(&state, &member, "strategy_locks", &[action], query);
    let mut found = locks::list(&state.pool, (&member.tenant_id, member.env), action, &listing.span()?).await?;
    let next = listing.cut(&mut found, |lock| lock.lock_id.clone());
    Ok(Json(LockPage { strategy_locks: found, next }))
}
