//! `GET /canvas/{canvas_id}`: the document, now or at a past rev.

use crate::context::OnCanvas;
use crate::document::DocumentBody;
use crate::error::{ApiError, ProblemBody};
use crate::http::held::is_held;
use crate::http::query::UrlQuery;
use crate::queries::log;
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

/// Which rev.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevQuery {
    /// A rev, 0 to the head's; none means the head.
    rev: Option<u64>,
}

/// The document of a canvas, as of its head or a past rev. `ETag` and `If-None-Match` save what is held already.
#[utoipa::path(get, path = "/canvas/{canvas_id}", tag = "canvas", security(("bearer" = [])),
    params(("canvas_id" = String, Path), RevQuery),
    responses((status = 200, body = DocumentBody), (status = 304), (status = 404, body = ProblemBody)))]
pub async fn read_document(
    State(state): State<Arc<AppState>>,
    canvas: OnCanvas,
    UrlQuery(RevQuery { rev }): UrlQuery<RevQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let head = log::head(&state.pool, &canvas.stream).await?.map_or(0, |head| head.rev);
    let rev = rev.unwrap_or(head);
    if rev > head {
        return Err(ApiError::not_found().with("head_rev", head));
    }
    let etag = format!("\"rev-{rev}\"");
    let fresh = [(ETAG, etag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if is_held(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    let body = state.documents.at(&canvas.stream, &canvas.canvas_id, rev).await?;
    Ok((fresh, [(CONTENT_TYPE, "application/json")], body).into_response())
}
