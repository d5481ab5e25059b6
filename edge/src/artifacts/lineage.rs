//! `GET /artifacts/{artifact_id}/lineage`: what an artifact was made of, and what was made of it.

use crate::artifacts::body::uri;
use crate::artifacts::read::find;
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::queries::lineage::{self, Relative, Towards};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use std::sync::Arc;
use subjects::artifact::{Area, ArtifactKind};
use subjects::ids::ObjectId;

/// The most relatives in either direction.
const RELATIVES_MAX: usize = 200;

/// Where an artifact stands among those that it was made of and that were made of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LineageBody {
    #[schema(value_type = String)]
    artifact_id: ObjectId,
    /// What it was made of, the nearest first.
    ancestors: Vec<RelativeBody>,
    /// What was made of it, the nearest first.
    descendants: Vec<RelativeBody>,
    /// Whether there are more than are told: 200 either way, 32 steps away.
    truncated: bool,
}

/// An artifact or asset among them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RelativeBody {
    /// Its `artifact_id` or `asset_id`.
    #[schema(value_type = String)]
    id: ObjectId,
    /// `artifacts`, `raw`, `media_v2`.
    #[schema(value_type = String)]
    area: Area,
    /// What it is as an artifact.
    #[schema(value_type = Option<String>)]
    kind: Option<ArtifactKind>,
    /// Where it can be asked for.
    uri: String,
    /// How many steps away it is, by the shortest way.
    depth: u32,
}

/// Ancestors and descendants of an artifact: those that are ready.
#[utoipa::path(get, path = "/artifacts/{artifact_id}/lineage", tag = "artifacts", security(("bearer" = [])),
    params(("artifact_id" = String, Path)),
    responses((status = 200, body = LineageBody), (status = 404, body = ProblemBody)))]
pub async fn read_lineage(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(artifact_id): Path<String>,
) -> Result<Json<LineageBody>, ApiError> {
    let artifact_id = find(&state, &member, &artifact_id, Area::Artifacts).await?.object_id;
    let place = (&member.tenant_id, member.env);
    let look = |towards| lineage::relatives(&state.pool, place, &artifact_id, towards, RELATIVES_MAX + 1);
    let (ancestors, descendants) = (look(Towards::Ancestors).await?, look(Towards::Descendants).await?);
    let truncated = ancestors.len().max(descendants.len()) > RELATIVES_MAX;
    let told = |relatives: Vec<Relative>| relatives.into_iter().take(RELATIVES_MAX).map(relative).collect();
    let (ancestors, descendants) = (told(ancestors), told(descendants));
    Ok(Json(LineageBody { artifact_id, ancestors, descendants, truncated }))
}

fn relative(relative: Relative) -> RelativeBody {
    let Relative { object_id, area, kind, depth } = relative;
    RelativeBody { uri: uri(area, &object_id), id: object_id, area, kind, depth }
}
