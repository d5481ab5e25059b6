//! `POST /canvas/{canvas_id}/audits`: checks of a document, kept as an artifact.

use crate::artifacts::keep;
use crate::artifacts::promised;
use crate::artifacts::read::find;
use crate::artifacts::write::bring;
use crate::context::OnCanvas;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{JsonBody, invalid};
use crate::queries::log;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use canvas::audit::{Report, audit};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::artifact::ask::{ArtifactAsk, OfCanvas};
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, Promise, artifact_uri, new_id};
use subjects::code::Code;
use subjects::document::Atom;
use subjects::ids::{CanvasId, ObjectId, Role};

/// What is to be checked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditWish {
    /// An artifact of this canvas whose content is JSON with `atoms`, as a document's; null is the document itself.
    artifact_ref: Option<String>,
    /// The rev of the document; the head's when not given. Not with `artifact_ref`.
    rev: Option<u64>,
}

/// The report, as it is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReportBody {
    /// 1.
    v: u64,
    #[schema(value_type = String)]
    canvas_id: CanvasId,
    /// What was checked; null is the document.
    #[schema(value_type = Option<String>)]
    artifact_ref: Option<ObjectId>,
    /// The rev that it was made of.
    rev: Option<u64>,
    /// `passed`, `atoms`, `checks`, `findings`, `truncated`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    report: Report,
}

/// A report that is kept, and what it says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditedBody {
    #[schema(value_type = String)]
    artifact_id: ObjectId,
    /// `ready`, or `pending` where that took too long: then it will be by itself.
    #[schema(value_type = String)]
    status: ObjectStatus,
    uri: String,
    report: ReportBody,
}

/// What is checked.
struct Audited {
    content: Bytes,
    artifact_ref: Option<ObjectId>,
    rev: Option<u64>,
}

/// What of a document, or of an artifact that holds one, is looked at.
#[derive(Deserialize)]
struct Atoms {
    atoms: Vec<Atom>,
}

/// The largest artifact that is checked.
const AUDITED_BYTES_MAX: u64 = 64 * 1024 * 1024;
const VERSION: u64 = 1;

/// Checks the document of a canvas, or an artifact that holds one, and keeps the report as an artifact of kind `audit`. Takes
/// the role member.
///
/// The checks: `orphan_atom`, `required_token_empty`, `text_too_long`, `alt_text_missing`, `heading_order`.
#[utoipa::path(post, path = "/canvas/{canvas_id}/audits", tag = "artifacts", security(("bearer" = [])),
    params(("canvas_id" = String, Path)), request_body = AuditWish,
    responses((status = 201, body = AuditedBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn audit_canvas(
    State(state): State<Arc<AppState>>,
    on: OnCanvas,
    JsonBody(wish): JsonBody<AuditWish>,
) -> Result<Response, ApiError> {
    on.member.needs(Role::Member)?;
    let audited = audited(&state, &on, wish).await?;
    let Audited { content, artifact_ref, rev } = audited;
    let report = tokio::task::spawn_blocking(move || checked(&content)).await.map_err(ApiError::internal)??;
    let body = ReportBody { v: VERSION, canvas_id: on.canvas_id.clone(), artifact_ref, rev, report };
    let (artifact_id, status) = keep_report(&state, &on, &body).await?;
    let uri = artifact_uri(&artifact_id);
    let location = [(LOCATION, uri.clone())];
    Ok((StatusCode::CREATED, location, Json(AuditedBody { artifact_id, status, uri, report: body })).into_response())
}

async fn audited(state: &AppState, on: &OnCanvas, wish: AuditWish) -> Result<Audited, ApiError> {
    match (wish.artifact_ref, wish.rev) {
        (Some(_), Some(_)) => Err(invalid("State artifact_ref or rev.".into(), "rev")),
        (Some(artifact_ref), None) => of_artifact(state, on, &artifact_ref).await,
        (None, rev) => {
            let head = log::head(&state.pool, &on.stream).await?.map_or(0, |head| head.rev);
            let rev = rev.unwrap_or(head);
            if rev > head {
                return Err(ApiError::not_found().with("head_rev", head));
            }
            let content = state.documents.at(&on.stream, &on.canvas_id, rev).await?;
            Ok(Audited { content, artifact_ref: None, rev: Some(rev) })
        }
    }
}

/// An artifact of this canvas that is ready. Another canvas's is none.
async fn of_artifact(state: &AppState, on: &OnCanvas, artifact_ref: &str) -> Result<Audited, ApiError> {
    let object = find(state, &on.member, artifact_ref, Area::Artifacts).await?;
    let artifact = object.artifact.filter(|artifact| artifact.canvas_id == on.canvas_id);
    let artifact = artifact.ok_or_else(ApiError::not_found)?;
    if object.status != ObjectStatus::Ready {
        return Err(ApiError::not_found());
    }
    if object.promise.size > AUDITED_BYTES_MAX {
        return Err(no_document(format!("It has more than {AUDITED_BYTES_MAX} bytes.")));
    }
    let content = state.bucket.get(&object.storage_key).await.map_err(|error| ApiError::unavailable("S3", &error))?;
    let content = content.ok_or_else(|| ApiError::internal("S3 lacks the bytes of a ready artifact"))?;
    Ok(Audited { content, artifact_ref: Some(object.object_id), rev: artifact.rev })
}

fn checked(content: &[u8]) -> Result<Report, ApiError> {
    let Atoms { atoms } = serde_json::from_slice(content).map_err(|error| no_document(format!("{error}.")))?;
    Ok(audit(&atoms))
}

fn no_document(detail: String) -> ApiError {
    ApiError::new(Code::NoDocument, format!("The artifact holds no document: {detail}")).with("at", "artifact_ref")
}

async fn keep_report(
    state: &AppState,
    on: &OnCanvas,
    report: &ReportBody,
) -> Result<(ObjectId, ObjectStatus), ApiError> {
    let content = Bytes::from(serde_json::to_vec(report).map_err(ApiError::internal)?);
    let filename = format!("{}-audit.json", on.canvas_id);
    let artifact_id = new_id(Area::Artifacts);
    let ask = ArtifactAsk::Promise {
        object_id: artifact_id.clone(),
        area: Area::Artifacts,
        promise: promised::check(&state.config, Promise::of(&content, "application/json", Some(filename)))?,
        artifact: Some(OfCanvas { kind: ArtifactKind::Audit, canvas_id: on.canvas_id.clone(), rev: report.rev }),
        parents: report.artifact_ref.iter().cloned().collect(),
    };
    let grant = keep::promise(state, &on.member, None, ask).await?;
    let status = bring(state, &on.member, &artifact_id, grant, content).await?;
    Ok((artifact_id, status))
}
