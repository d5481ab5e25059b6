//! `GET /audit/events`: what happened, in the order of the log.

use super::auditor::Auditor;
use super::body::AuditEvent;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::{UrlQuery, check_limit};
use crate::queries::audit::{self, Which};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::limits::PAGE_DEFAULT;

/// Which events.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only of this action, e.g. `artifact.write`.
    action: Option<String>,
    /// Only what was done to this, e.g. `artifact.art_1`.
    resource: Option<String>,
    /// Only what ended so: `done`, or the code of a refusal.
    outcome: Option<String>,
    /// Only behind this `seq`: `next` of the page before.
    after: Option<u64>,
    /// The most events of the page, at most 200.
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditPage {
    /// By `seq`.
    events: Vec<AuditEvent>,
    /// `after` of the next page; null where the log ends. With filters a page may be short, or empty, and yet have a next.
    next: Option<u64>,
}

/// How many places are looked at for one page.
const PLACES_MAX: u64 = 20_000;

/// What happened in the tenant and env, with what was refused, in the order of its log: within a second or so of happening.
/// Takes the role admin.
#[utoipa::path(get, path = "/audit/events", tag = "audit", security(("bearer" = [])), 
    params(("actor_id" = Option<String>, Query, description = "Only what this actor did"), EventsQuery),
    responses((status = 200, body = AuditPage), (status = 400, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn list_events(
    State(state): State<Arc<AppState>>,
    Auditor { member, actor_id }: Auditor,
    UrlQuery(query): UrlQuery<EventsQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    check_limit(limit)?;
    let place = (&member.tenant_id, member.env);
    let size = audit::head(&state.pool, place).await?.map_or(0, |head| head.size);
    let first = query.after.map_or(0, |after| after.saturating_add(1));
    let end = first.saturating_add(PLACES_MAX).min(size);
    let EventsQuery { action, resource, outcome, .. } = query;
    let which = Which { action, actor_id: actor_id.map(|actor_id| actor_id.to_string()), resource, outcome };
    let found =
        if first < end { audit::list(&state.pool, place, (first, end), &which, limit).await? } else { Vec::new() };
    let next = next(found.last().filter(|_| found.len() == limit).map(|last| last.seq), end, size);
    Ok(Json(AuditPage { events: found.into_iter().map(AuditEvent::from).collect(), next }))
}

/// Behind what the next page begins: the last of a full page, else the last place that was looked at.
fn next(last_of_full: Option<u64>, end: u64, size: u64) -> Option<u64> {
    let looked_at = last_of_full.map_or(end, |last| last + 1);
    (looked_at < size).then(|| looked_at.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_it_looked_last() {
        assert_eq!(next(None, 0, 0), None);
        assert_eq!(next(Some(49), 120, 120), Some(49));
        assert_eq!(next(Some(119), 120, 120), None, "the log ends there");
        assert_eq!(next(None, 120, 120), None);
        assert_eq!(next(None, 20_000, 50_000), Some(19_999), "nothing was found so far");
    }
}
