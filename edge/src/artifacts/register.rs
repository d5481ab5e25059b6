//! `POST /artifacts/{artifact_id}/register`, and what registering says for every kind of object.

use crate::artifacts::body::uri;
use crate::artifacts::keep;
use crate::artifacts::read::find;
use crate::context::{Member, OnCanvas};
use crate::error::{ApiError, ProblemBody};
use crate::limits::AtLimit;
use crate::queries::objects::Object;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use std::sync::Arc;
use subjects::artifact::{Area, ObjectStatus};
use subjects::ids::{ObjectId, Role};

/// An object whose bytes were registered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegisteredBody {
    /// Of an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    artifact_id: Option<ObjectId>,
    /// Of an asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    asset_id: Option<ObjectId>,
    /// `ready`; with 202 still `pending`.
    #[schema(value_type = String)]
    status: ObjectStatus,
    /// Where it can be asked for.
    uri: String,
    size: u64,
    sha256: String,
}

/// Says that the bytes are there: they are read, compared with the promise, and the artifact is ready. Takes the role member.
///
/// To say it again changes nothing. 202 where that takes longer than a request may: it is done all the same.
#[utoipa::path(post, path = "/artifacts/{artifact_id}/register", tag = "artifacts", security(("bearer" = [])),
    params(("artifact_id" = String, Path)),
    responses((status = 200, body = RegisteredBody), (status = 202, body = RegisteredBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), AtLimit))]
pub async fn register_artifact(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(artifact_id): Path<String>,
) -> Result<Response, ApiError> {
    register(&state, member, &artifact_id, Area::Artifacts).await
}

/// Registers the object of this name and area.
pub(super) async fn register(
    state: &AppState,
    mut member: Member,
    object_id: &str,
    area: Area,
) -> Result<Response, ApiError> {
    member.needs(Role::Member)?;
    let object = find(state, &member, object_id, area).await?;
    if let Some(artifact) = &object.artifact {
        member.keys.canvas_id = Some(artifact.canvas_id.clone());
        member = OnCanvas::find(state, member).await?.member;
    }
    let granted = keep::register(state, &member, &object.object_id, area).await?;
    Ok(respond(object, granted.map(|granted| granted.status)))
}

fn respond(object: Object, now: Option<ObjectStatus>) -> Response {
    let Object { object_id, area, promise, status, .. } = object;
    let uri = uri(area, &object_id);
    let (code, location) = (if now.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED }, uri.clone());
    let (artifact_id, asset_id) = match area {
        Area::Artifacts => (Some(object_id), None),
        Area::Raw | Area::MediaV2 => (None, Some(object_id)),
    };
    let (size, sha256) = (promise.size, promise.sha256);
    let body = RegisteredBody { artifact_id, asset_id, status: now.unwrap_or(status), uri, size, sha256 };
    (code, [(LOCATION, location)], Json(body)).into_response()
}
