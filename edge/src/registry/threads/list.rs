//! `GET /threads`: the threads of a tenant and env, page by page.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::threads;
use crate::registry::Filter;
use crate::registry::threads::ThreadBody;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use subjects::ids::ThreadId;

/// A page of threads.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ThreadPage {
    /// By `thread_id`.
    threads: Vec<ThreadBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// The threads of a tenant and env, by `thread_id`. A stated canvas, workspace, project, app or surface filters.
#[utoipa::path(get, path = "/threads", tag = "registry", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = ThreadPage), (status = 400, body = ProblemBody)))]
pub async fn list_threads(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<ThreadPage>, ApiError> {
    let filter = Filter::stated(&member.keys);
    let list = filter.list("threads", &member);
    let after = page::after::<ThreadId>(&state.seal, &list, query.cursor.as_deref())?;
    let place = (&member.tenant_id, member.env);
    let mut found = threads::list(&state.pool, place, &filter, after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.thread_id.as_str()));
    let body = |listed| ThreadBody::listed(member.tenant_id.clone(), member.env, listed);
    Ok(Json(ThreadPage { threads: found.into_iter().map(body).collect(), next }))
}
