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
    let list = filter.list("canvases", &member);
    let after = page::after::<CanvasId>(&state.seal, &list, query.cursor.as_deref())?;
    let place = (&member.tenant_id, member.env);
    let mut found = canvases::list(&state.pool, place, &filter, after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.canvas_id.as_str()));
    let body = |listed| CanvasBody::listed(member.tenant_id.clone(), member.env, listed);
    Ok(Json(CanvasPage { canvases: found.into_iter().map(body).collect(), next }))
}
