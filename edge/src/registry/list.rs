//! `GET /canvas`: the canvases of a tenant and env, page by page.

use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::PageQuery;
use crate::queries::canvases;
use crate::registry::{CanvasBody, Filter};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use subjects::code::Code;
use subjects::ids::CanvasId;

/// A page of canvases.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CanvasPage {
    /// By `canvas_id`.
    canvases: Vec<CanvasBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// The canvases of a tenant and env, by `canvas_id`. A stated workspace, project, app or surface filters.
#[utoipa::path(get, path = "/canvas", tag = "registry", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = CanvasPage), (status = 400, body = ProblemBody)))]
pub async fn list_canvases(
    State(state): State<Arc<AppState>>,
    member: Member,
    query: PageQuery,
) -> Result<Json<CanvasPage>, ApiError> {
    let filter = Filter { canvas_id: None, ..Filter::stated(&member.keys) };
    let list = list_parts(&member, &filter);
    let after = query.cursor.as_deref().map(|mark| page::open(&state.seal, &list, mark));
    let after = after.transpose()?.map(|id| id.parse::<CanvasId>()).transpose();
    let after = after.map_err(|_| ApiError::new(Code::QueryInvalid, "The cursor names no canvas."))?;
    let place = (&member.tenant_id, member.env);
    // One more than asked for tells whether there is a next page.
    let mut found = canvases::list(&state.pool, place, &filter, after.as_ref(), query.limit + 1).await?;
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    let last = found.last().filter(|_| has_more);
    let next = last.map(|last| page::seal(&state.seal, &list, last.canvas_id.as_str()));
    let body = |listed| CanvasBody::listed(member.tenant_id.clone(), member.env, listed);
    Ok(Json(CanvasPage { canvases: found.into_iter().map(body).collect(), next }))
}

/// What names the list: a mark made for another filter is not taken.
fn list_parts<'a>(member: &'a Member, filter: &'a Filter) -> Vec<&'a [u8]> {
    let place = ["canvases", member.tenant_id.as_str(), member.env.as_str()];
    place.into_iter().chain(filter.parts()).map(str::as_bytes).collect()
}
