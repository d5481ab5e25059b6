//! How objects look in JSON.

use crate::artifacts::access::{self, DownloadBody, UploadBody};
use crate::artifacts::promised::Way;
use crate::context::Member;
use crate::error::ApiError;
use crate::queries::objects::Object;
use crate::state::AppState;
use chrono::{DateTime, Utc};
use serde::Serialize;
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, artifact_uri};
use subjects::event::millis;
use subjects::ids::{ActorId, ActorType, CanvasId, ObjectId, Role};
use uuid::Uuid;

/// An artifact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ArtifactBody {
    #[schema(value_type = String)]
    artifact_id: ObjectId,
    #[schema(value_type = String, example = "preview")]
    kind: ArtifactKind,
    #[schema(value_type = String)]
    canvas_id: CanvasId,
    /// The rev of the canvas that it was made of.
    rev: Option<u64>,
    correlation_id: Option<Uuid>,
    #[serde(flatten)]
    kept: KeptBody,
}

/// An asset.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssetBody {
    #[schema(value_type = String)]
    asset_id: ObjectId,
    #[serde(flatten)]
    kept: KeptBody,
}

/// What is said of everything that is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeptBody {
    /// `pending`, `ready`, `refused`, `expired`.
    #[schema(value_type = String)]
    status: ObjectStatus,
    /// Where it can be asked for.
    uri: String,
    size: u64,
    sha256: String,
    content_type: String,
    /// As the client called it.
    filename: Option<String>,
    /// Who promised it.
    #[schema(value_type = String)]
    actor_id: ActorId,
    #[schema(value_type = String)]
    actor_type: ActorType,
    /// What it was made of.
    #[schema(value_type = Vec<String>)]
    parents: Vec<ObjectId>,
    #[serde(with = "millis")]
    created_at: DateTime<Utc>,
    /// How to download it, once it is ready. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    download: Option<DownloadBody>,
    /// How to upload it, while it is pending, for those who may. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadBody>,
}

/// Where an object can be asked for.
pub fn uri(area: Area, object_id: &ObjectId) -> String {
    match area {
        Area::Artifacts => artifact_uri(object_id),
        Area::Raw => format!("/nexus/raw-storage/{object_id}"),
        Area::MediaV2 => format!("/media-v2/assets/{object_id}"),
    }
}

impl ArtifactBody {
    /// An artifact; none where the object is not one.
    pub fn of(object: Object) -> Option<Self> {
        let artifact = object.artifact.clone()?;
        let (artifact_id, correlation_id) = (object.object_id.clone(), object.correlation_id);
        let kept = KeptBody::of(object);
        Some(Self {
            artifact_id,
            kind: artifact.kind,
            canvas_id: artifact.canvas_id,
            rev: artifact.rev,
            correlation_id,
            kept,
        })
    }

    /// With what a client needs to fetch or bring its bytes.
    pub fn with(mut self, way: Access) -> Self {
        self.kept.take(way);
        self
    }
}

impl AssetBody {
    /// An asset.
    pub fn of(object: Object) -> Self {
        Self { asset_id: object.object_id.clone(), kept: KeptBody::of(object) }
    }

    /// With what a client needs to fetch or bring its bytes.
    pub fn with(mut self, way: Access) -> Self {
        self.kept.take(way);
        self
    }
}

impl KeptBody {
    fn of(object: Object) -> Self {
        let Object { object_id, area, promise, status, actor_id, actor_type, created_at, parents, .. } = object;
        Self {
            status,
            uri: uri(area, &object_id),
            size: promise.size,
            sha256: promise.sha256,
            content_type: promise.content_type,
            filename: promise.filename,
            actor_id,
            actor_type,
            parents,
            created_at,
            download: None,
            upload: None,
        }
    }

    fn take(&mut self, access: Access) {
        match access {
            Access::Download(download) => self.download = Some(download),
            Access::Upload(upload) => self.upload = Some(upload),
            Access::Nothing => {}
        }
    }
}

/// What a client may do with an object's bytes.
#[derive(Debug)]
pub enum Access {
    /// Fetch them.
    Download(DownloadBody),
    /// Bring them.
    Upload(UploadBody),
    /// Neither.
    Nothing,
}

/// What this member may do with the object's bytes, signed for a few minutes.
pub async fn access(state: &AppState, member: &Member, object: &Object) -> Result<Access, ApiError> {
    let Object { object_id, promise, storage_key, upload_id, .. } = object;
    match object.status {
        ObjectStatus::Ready => access::download(state, storage_key, promise, object_id).await.map(Access::Download),
        ObjectStatus::Pending if member.role >= Role::Member => {
            let way = (upload_id.as_deref(), Way::Put);
            access::upload(state, storage_key, promise, way).await.map(Access::Upload)
        }
        ObjectStatus::Pending | ObjectStatus::Refused | ObjectStatus::Expired => Ok(Access::Nothing),
    }
}
