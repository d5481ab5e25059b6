//! `GET /artifacts`: the artifacts of a tenant and env, page by page.

use crate::artifacts::body::ArtifactBody;
use crate::context::{Member, OnCanvas};
use crate::error::{ApiError, ProblemBody};
use crate::http::page;
use crate::http::query::{PageQuery, UrlQuery};
use crate::queries::objects::{self, Which};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::artifact::ArtifactKind;
use subjects::ids::ObjectId;

/// A page of artifacts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArtifactPage {
    /// By `artifact_id`: the oldest first.
    artifacts: Vec<ArtifactBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// Which artifacts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichQuery {
    /// Only of this kind.
    #[param(value_type = Option<String>)]
    kind: Option<ArtifactKind>,
    /// Only those made of this rev.
    rev: Option<u64>,
}

/// The artifacts that are ready. A stated `canvas_id` filters.
#[utoipa::path(get, path = "/artifacts", tag = "artifacts", security(("bearer" = [])),
    params(("canvas_id" = Option<String>, Query), WhichQuery, PageQuery),
    responses((status = 200, body = ArtifactPage), (status = 404, body = ProblemBody)))]
pub async fn list_artifacts(
    State(state): State<Arc<AppState>>,
    mut member: Member,
    UrlQuery(which): UrlQuery<WhichQuery>,
    page: PageQuery,
) -> Result<Json<ArtifactPage>, ApiError> {
    if member.keys.canvas_id.is_some() {
        member = OnCanvas::find(&state, member).await?.member;
    }
    let canvas_id = member.keys.canvas_id.clone();
    let which = Which { canvas_id, kind: which.kind, rev: which.rev, parent_id: None };
    artifacts(&state, &member, which, page).await.map(Json)
}

/// A page of the artifacts that are asked for.
pub(super) async fn artifacts(
    state: &AppState,
    member: &Member,
    which: Which,
    query: PageQuery,
) -> Result<ArtifactPage, ApiError> {
    let rev = which.rev.map(|rev| rev.to_string()).unwrap_or_default();
    let list: Vec<&[u8]> = [
        "artifacts",
        member.tenant_id.as_str(),
        member.env.as_str(),
        which.canvas_id.as_ref().map_or("", |id| id.as_str()),
        which.kind.map_or("", |kind| kind.as_str()),
        &rev,
        which.parent_id.as_ref().map_or("", |id| id.as_str()),
    ]
    .map(str::as_bytes)
    .to_vec();
    let after = page::after::<ObjectId>(&state.seal, &list, query.cursor.as_deref())?;
    let place = (&member.tenant_id, member.env);
    let mut found = objects::artifacts(&state.pool, place, &which, after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.object_id.as_str()));
    Ok(ArtifactPage { artifacts: found.into_iter().filter_map(ArtifactBody::of).collect(), next })
}
