//! `GET /sse/audit`: what happens, as it gets its place in the log.

use super::tail::Tail;
use super::{LEAST, tails};
use crate::access::{self, Opening, Rail, Resumes};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::query::UrlQuery;
use crate::limits::AtLimit;
use crate::line::{Marks, sent_away};
use crate::queries::audit;
use crate::readers::routes::{last_event_id, take_little, taken_over};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use node::http::TakenOver;
use serde::Deserialize;
use std::sync::Arc;
use subjects::frames::Reason;
use subjects::ids::{Env, TenantId};
use subjects::seal::SealKey;
use tokio::sync::Notify;

/// Where to begin.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TailQuery {
    /// Where to go on, as an event's `id` said; `0` is from the beginning. `Last-Event-ID` comes before it.
    cursor: Option<String>,
}

/// What is read of a log, and how that came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// The first place that is told.
    pub(super) first: u64,
    /// Whether it goes on where the reader was.
    pub(super) resumed: bool,
    /// Why not.
    pub(super) reason: Option<Reason>,
}

/// What happens in the tenant and env, in the order of its log, once: first `hello`, then `audit_event`, each as
/// `/audit/events` tells it, about a second after it happened. Without a cursor from now on. Takes the role admin.
#[utoipa::path(get, path = "/sse/audit", tag = "audit", security(("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "Where to go on"), TailQuery),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 403, body = ProblemBody),
        AtLimit))]
pub async fn sse_audit(
    State(state): State<Arc<AppState>>,
    member: Member,
    headers: HeaderMap,
    UrlQuery(query): UrlQuery<TailQuery>,
) -> Result<Response, ApiError> {
    member.needs(LEAST)?;
    let permit = state.connections.admit(&member.tenant_id)?;
    let place = (&member.tenant_id, member.env);
    let size = audit::head(&state.pool, place).await?.map_or(0, |head| head.size);
    let marks = marks(&state.seal, &member.tenant_id, member.env);
    let last_event_id = last_event_id(&headers);
    let start = start(&marks, last_event_id.as_deref().or(query.cursor.as_deref()), size);
    let resumes = match marks.open(last_event_id.as_deref()) {
        Some(_) => Resumes::Proven,
        None => Resumes::Unproven,
    };
    let changed = Arc::new(Notify::new());
    let wakes = changed.clone();
    let opening = Opening { rail: Rail::Sse, resumes, wake: Box::new(move || wakes.notify_one()) };
    let pass = access::open(&state, &member, opening).await?;
    let sizes: Arc<tails::Sizes> = state.tails.watch(&member.tenant_id, member.env, size);
    let stall = state.config.readers.stall();
    let tail = Tail { pool: state.pool.clone(), marks, start, sizes, pass, changed, stall, _permit: permit };
    Ok(taken_over(move |TakenOver { socket, permit: place, .. }| {
        take_little(&socket);
        let sent_away = sent_away(state.stop.clone(), state.config.readers.drain());
        let stop = state.stop.clone();
        stop.spawn(tail.tell(socket, place, sent_away));
    }))
}

/// A mark is of the event that comes next.
fn marks(key: &SealKey, tenant_id: &TenantId, env: Env) -> Marks<3> {
    Marks::new(key, ["audit", tenant_id.as_str(), env.as_str()])
}

/// Where a reader begins who says where it was, of a log of this size.
fn start(marks: &Marks<3>, cursor: Option<&str>, size: u64) -> Start {
    let from_now = |reason| Start { first: size, resumed: false, reason };
    match cursor {
        None => from_now(None),
        Some("0") => Start { first: 0, resumed: true, reason: None },
        Some(mark) => match marks.open(Some(mark)) {
            None => from_now(Some(Reason::Forged)),
            Some(first) if first > size => from_now(Some(Reason::Ahead)),
            Some(first) => Start { first, resumed: true, reason: None },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_begins_where_it_was() {
        let marks = |tenant: &str| marks(&SealKey::new(b"secret"), &tenant.parse().unwrap(), Env::Dev);
        let own = marks("t_a");
        let check = |cursor: Option<&str>, expected: (u64, bool, Option<Reason>)| {
            let (first, resumed, reason) = expected;
            assert_eq!(start(&own, cursor, 7), Start { first, resumed, reason }, "{cursor:?}");
        };
        check(None, (7, false, None));
        check(Some("0"), (0, true, None));
        check(Some(&own.seal(3)), (3, true, None));
        check(Some(&own.seal(7)), (7, true, None));
        check(Some(&own.seal(8)), (7, false, Some(Reason::Ahead)));
        check(Some(&marks("t_b").seal(3)), (7, false, Some(Reason::Forged)));
        check(Some("3"), (7, false, Some(Reason::Forged)));
    }
}
