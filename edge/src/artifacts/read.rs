//! `GET /artifacts/{artifact_id}`, and finding objects for every route.

use crate::artifacts::body::{self, ArtifactBody};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::queries::objects::{self, Object};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use std::sync::Arc;
use subjects::artifact::Area;
use subjects::ids::ObjectId;

/// One artifact, with what it was made of, and how to download it for the next minutes.
///
/// While it is pending, a member is told how to upload it: what was signed before may have expired.
#[utoipa::path(get, path = "/artifacts/{artifact_id}", tag = "artifacts", security(("bearer" = [])),
    params(("artifact_id" = String, Path)),
    responses((status = 200, body = ArtifactBody), (status = 404, body = ProblemBody)))]
pub async fn read_artifact(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(artifact_id): Path<String>,
) -> Result<Json<ArtifactBody>, ApiError> {
    let object = find(&state, &member, &artifact_id, Area::Artifacts).await?;
    let access = body::access(&state, &member, &object).await?;
    let artifact = ArtifactBody::of(object).ok_or_else(ApiError::not_found)?;
    Ok(Json(artifact.with(access)))
}

/// The object of this name and area in the member's tenant and env. An id that is not in its form names nothing.
pub(super) async fn find(state: &AppState, member: &Member, object_id: &str, area: Area) -> Result<Object, ApiError> {
    let object_id: ObjectId = object_id.parse().map_err(|_| ApiError::not_found())?;
    let found = objects::find(&state.pool, (&member.tenant_id, member.env), &object_id).await?;
    found.filter(|object| object.area == area).ok_or_else(ApiError::not_found)
}
