//! `POST /artifacts`: an artifact whose content comes with the request, or is uploaded afterwards.

use crate::artifacts::access::{self, UploadBody};
use crate::artifacts::keep;
use crate::artifacts::promised::{self, Way};
use crate::artifacts::read::find;
use crate::context::{Caller, Member, OnCanvas, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{self, StatedRouting, invalid};
use crate::limits::AtLimit;
use crate::registry::register::stating;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use subjects::artifact::ask::{ArtifactAsk, ArtifactGrant, OfCanvas};
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, Promise, artifact_uri, new_id};
use subjects::ids::{ObjectId, Role};
use subjects::limits::INLINE_BYTES_MAX;
use subjects::storage_key::StorageKey;
use uuid::Uuid;

/// An artifact: with `content`, or with `size`, `sha256`, `content_type` and perhaps `filename` of what will be uploaded.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactWish {
    /// `preview`, `replay`, `audit`, `export`, `media`, `snapshot`, `walkthrough_sales`, `walkthrough_debug`.
    #[schema(value_type = String)]
    kind: ArtifactKind,
    /// The canvas that it was made of.
    canvas_id: Option<String>,
    /// The rev of the canvas that it was made of.
    rev: Option<u64>,
    /// What the client ties together.
    correlation_id: Option<Uuid>,
    /// The artifacts and assets that it was made of.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    parents: Vec<ObjectId>,
    /// Any JSON value. Its bytes are kept as they are.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    content: Option<Box<RawValue>>,
    /// Exactly so many bytes: 1 to 5 GiB.
    size: Option<u64>,
    /// Their SHA-256, as 64 lower-case hex digits.
    sha256: Option<String>,
    /// Their media type, without parameters. Of `content` it is `application/json` where nothing else is said.
    content_type: Option<String>,
    /// What it is called when it is downloaded.
    filename: Option<String>,
    /// Routing keys, if not in headers or query.
    #[schema(value_type = Option<Object>)]
    routing: Option<StatedRouting>,
}

/// Null is content, too.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

/// An artifact that was put down.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WrittenBody {
    #[schema(value_type = String)]
    artifact_id: ObjectId,
    /// `ready`, or `pending` until it is registered.
    #[schema(value_type = String)]
    status: ObjectStatus,
    /// Where it can be asked for.
    uri: String,
    /// How to upload it; not where it is ready, or will be by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadBody>,
}

/// Writes an artifact of a canvas. Takes the role member.
///
/// With `content` (a body of up to 1 MiB) it is ready when this is answered. Else upload the bytes as the answer says, within 5
/// minutes, then register it. Where the tenant and env have the same bytes already, it is ready at once. When it is ready,
/// readers of the canvas see `artifact_written`.
#[utoipa::path(post, path = "/artifacts", tag = "artifacts", security(("bearer" = [])), request_body = ArtifactWish,
    responses((status = 201, body = WrittenBody), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit))]
pub async fn write_artifact(
    State(state): State<Arc<AppState>>,
    caller: Caller,
    request_id: RequestId,
    stated: Stated,
    request: Request,
) -> Result<Response, ApiError> {
    write(&state, (caller, request_id, stated), request, None).await
}

/// Writes the artifact that the request asks for, made of a media asset beside what it says itself.
pub(super) async fn write(
    state: &AppState,
    (caller, request_id, stated): (Caller, RequestId, Stated),
    request: Request,
    asset_id: Option<String>,
) -> Result<Response, ApiError> {
    let bytes = body::read(request, INLINE_BYTES_MAX).await?;
    let wish: ArtifactWish = body::parse(&bytes)?;
    let said = [("canvas_id", &wish.canvas_id)];
    let member = Member::admit(caller, stating(stated, wish.routing.as_ref(), &said)?, request_id)?;
    member.needs(Role::Member)?;
    let on = OnCanvas::find(state, member).await?;
    let parent = match asset_id {
        Some(asset_id) => Some(find(state, &on.member, &asset_id, Area::MediaV2).await?.object_id),
        None => None,
    };
    let (promise, content) = promise(state, &wish)?;
    let artifact_id = new_id(Area::Artifacts);
    let ask = ArtifactAsk::Promise {
        object_id: artifact_id.clone(),
        area: Area::Artifacts,
        promise,
        artifact: Some(OfCanvas { kind: wish.kind, canvas_id: on.canvas_id, rev: wish.rev }),
        parents: promised::parents(wish.parents.into_iter().chain(parent).collect())?,
    };
    let grant = keep::promise(state, &on.member, wish.correlation_id, ask).await?;
    let (status, upload) = match content {
        Some(content) => (bring(state, &on.member, &artifact_id, grant, content).await?, None),
        None => (grant.status, upload(state, &grant, Way::Put).await?),
    };
    let uri = artifact_uri(&artifact_id);
    let location = [(LOCATION, uri.clone())];
    let body = WrittenBody { artifact_id, status, uri, upload };
    Ok((StatusCode::CREATED, location, Json(body)).into_response())
}

/// What is promised: of content that is here, or of what will come.
fn promise(state: &AppState, wish: &ArtifactWish) -> Result<(Promise, Option<Bytes>), ApiError> {
    let ArtifactWish { content, size, sha256, content_type, filename, .. } = wish;
    let (promise, content) = match (content, size, sha256, content_type) {
        (Some(content), None, None, content_type) => {
            let bytes = Bytes::copy_from_slice(content.get().as_bytes());
            let content_type = content_type.as_deref().unwrap_or("application/json");
            (Promise::of(&bytes, content_type, filename.clone()), Some(bytes))
        }
        (None, Some(size), Some(sha256), Some(content_type)) => {
            let (sha256, content_type, filename) = (sha256.clone(), content_type.clone(), filename.clone());
            (Promise { size: *size, sha256, content_type, filename }, None)
        }
        _ => {
            let detail = "An artifact has either content, or size, sha256 and content_type.";
            return Err(invalid(detail.into(), "content"));
        }
    };
    Ok((promised::check(&state.config, promise)?, content))
}

/// Puts the content where it belongs, unless it is there, and registers it.
pub(super) async fn bring(
    state: &AppState,
    member: &Member,
    artifact_id: &ObjectId,
    grant: ArtifactGrant,
    content: Bytes,
) -> Result<ObjectStatus, ApiError> {
    if grant.status == ObjectStatus::Pending {
        let key = StorageKey::from_stored(grant.storage_key);
        let put = state.bucket.put(&key, content, &grant.promise.content_type).await;
        put.map_err(|error| ApiError::unavailable("S3", &error))?;
        let registered = keep::register(state, member, artifact_id, Area::Artifacts).await?;
        return Ok(registered.map_or(ObjectStatus::Pending, |registered| registered.status));
    }
    Ok(grant.status)
}

/// How to upload what is awaited.
pub(super) async fn upload(state: &AppState, grant: &ArtifactGrant, way: Way) -> Result<Option<UploadBody>, ApiError> {
    if grant.status != ObjectStatus::Pending {
        return Ok(None);
    }
    let key = StorageKey::from_stored(grant.storage_key.clone());
    access::upload(state, &key, &grant.promise, (grant.upload_id.as_deref(), way)).await.map(Some)
}
