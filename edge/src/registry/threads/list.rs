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
use subjects::code::Code;
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
    let list = list_parts(&member, &filter);
    let after = query.cursor.as_deref().map(|mark| page::open(&state.seal, &list, mark));
    let after = after.transpose()?.map(|id| id.parse::<ThreadId>()).transpose();
    let after = after.map_err(|_| ApiError::new(Code::QueryInvalid, "The cursor names no thread."))?;
    let place = (&member.tenant_id, member.env);
    // One more than asked for tells whether there is a next page.
    let mut found = threads::list(&state.pool, place, &filter, after.as_ref(), query.limit + 1).await?;
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    let last = found.last().filter(|_| has_more);
    let next = last.map(|last| page::seal(&state.seal, &list, last.thread_id.as_str()));
    let body = |listed| ThreadBody::listed(member.tenant_id.clone(), member.env, listed);
    Ok(Json(ThreadPage { threads: found.into_iter().map(body).collect(), next }))
}

/// What names the list: a mark made for another filter is not taken.
fn list_parts<'a>(member: &'a Member, filter: &'a Filter) -> Vec<&'a [u8]> {
    let place = ["threads", member.tenant_id.as_str(), member.env.as_str()];
    place.into_iter().chain(filter.parts()).map(str::as_bytes).collect()
}
