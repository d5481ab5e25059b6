//! `/nexus/raw-storage`: files as they are.

use crate::artifacts::access::UploadBody;
use crate::artifacts::body::{self, AssetBody, uri};
use crate::artifacts::keep;
use crate::artifacts::promised::{PromiseBody, Way};
use crate::artifacts::read::find;
use crate::artifacts::register::{RegisteredBody, register};
use crate::artifacts::write::upload;
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::http::body::{JsonBody, invalid};
use crate::limits::AtLimit;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::artifact::ask::ArtifactAsk;
use subjects::artifact::{Area, ObjectStatus, new_id};
use subjects::code::Code;
use subjects::ids::{ObjectId, Role};

/// An asset that is awaited.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AwaitedBody {
    #[schema(value_type = String)]
    asset_id: ObjectId,
    /// Where its bytes are kept.
    key: String,
    /// Where it can be asked for.
    uri: String,
    /// `pending`; `ready` where the tenant and env have the same bytes already.
    #[schema(value_type = String)]
    status: ObjectStatus,
    /// How to upload it; not where it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadBody>,
}

/// The asset that is registered.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterWish {
    asset_id: String,
}

/// Promises a file, and says how to upload it within 5 minutes. Takes the role member.
#[utoipa::path(post, path = "/nexus/raw-storage/presign", tag = "assets", security(("bearer" = [])),
    request_body = PromiseBody,
    responses((status = 201, body = AwaitedBody), (status = 400, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit))]
pub async fn presign_raw(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<PromiseBody>,
) -> Result<Response, ApiError> {
    member.needs(Role::Member)?;
    if body.parent_asset_id.is_some() {
        return Err(invalid("A raw file has no parent.".into(), "parent_asset_id"));
    }
    promise(&state, &member, Area::Raw, body).await
}

/// Says that the bytes are there: they are read and compared with the promise. Takes the role member.
///
/// To say it again changes nothing. 202 where that takes longer than a request may: it is done all the same.
#[utoipa::path(post, path = "/nexus/raw-storage/register", tag = "assets", security(("bearer" = [])),
    request_body = RegisterWish,
    responses((status = 200, body = RegisteredBody), (status = 202, body = RegisteredBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), AtLimit))]
pub async fn register_raw(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<RegisterWish>,
) -> Result<Response, ApiError> {
    register(&state, member, &body.asset_id, Area::Raw).await
}

/// One file, and how to download it for the next minutes.
#[utoipa::path(get, path = "/nexus/raw-storage/{asset_id}", tag = "assets", security(("bearer" = [])),
    params(("asset_id" = String, Path)),
    responses((status = 200, body = AssetBody), (status = 404, body = ProblemBody)))]
pub async fn read_raw(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(asset_id): Path<String>,
) -> Result<Json<AssetBody>, ApiError> {
    asset(&state, &member, &asset_id, Area::Raw).await.map(Json)
}

/// One asset of an area, with what the member may do with its bytes.
pub(super) async fn asset(
    state: &AppState,
    member: &Member,
    asset_id: &str,
    area: Area,
) -> Result<AssetBody, ApiError> {
    let object = find(state, member, asset_id, area).await?;
    let access = body::access(state, member, &object).await?;
    Ok(AssetBody::of(object).with(access))
}

/// Promises an asset of an area.
pub(super) async fn promise(
    state: &AppState,
    member: &Member,
    area: Area,
    body: PromiseBody,
) -> Result<Response, ApiError> {
    let promise = body.promise(&state.config)?;
    if body.way == Way::Form && promise.is_in_parts() {
        let detail = "It is too large for a form: ask for it without `as`.";
        return Err(ApiError::new(Code::UploadInvalid, detail).with("at", "as"));
    }
    let asset_id = new_id(area);
    let parents = body.parent_asset_id.into_iter().collect();
    let ask = ArtifactAsk::Promise { object_id: asset_id.clone(), area, promise, artifact: None, parents };
    let grant = keep::promise(state, member, None, ask).await?;
    let upload = upload(state, &grant, body.way).await?;
    let uri = uri(area, &asset_id);
    let location = [(LOCATION, uri.clone())];
    let body = AwaitedBody { asset_id, key: grant.storage_key, uri, status: grant.status, upload };
    Ok((StatusCode::CREATED, location, Json(body)).into_response())
}
