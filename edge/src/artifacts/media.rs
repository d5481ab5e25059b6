//! `/media-v2/assets`: media, and what was derived from them.

use crate::artifacts::body::AssetBody;
use crate::artifacts::list::{ArtifactPage, artifacts};
use crate::artifacts::promised::PromiseBody;
use crate::artifacts::raw::{AwaitedBody, asset, promise};
use crate::artifacts::read::find;
use crate::artifacts::register::{RegisteredBody, register};
use crate::artifacts::write::{ArtifactWish, WrittenBody, write};
use crate::context::{Caller, Member, RequestId, Stated};
use crate::error::{ApiError, ProblemBody};
use crate::http::body::JsonBody;
use crate::http::page;
use crate::http::query::{PageQuery, UrlQuery};
use crate::limits::AtLimit;
use crate::queries::objects::{self, Which};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subjects::artifact::Area;
use subjects::ids::{ObjectId, Role};

/// A page of media assets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AssetPage {
    /// By `asset_id`: the oldest first.
    assets: Vec<AssetBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

/// Which assets.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ParentQuery {
    /// Only those made of this asset.
    parent_asset_id: Option<String>,
}

/// Promises a media asset, and says how to upload it within 5 minutes. Takes the role member.
#[utoipa::path(post, path = "/media-v2/assets", tag = "assets", security(("bearer" = [])), request_body = PromiseBody,
    responses((status = 201, body = AwaitedBody), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody), AtLimit))]
pub async fn promise_asset(
    State(state): State<Arc<AppState>>,
    member: Member,
    JsonBody(body): JsonBody<PromiseBody>,
) -> Result<Response, ApiError> {
    member.needs(Role::Member)?;
    if let Some(parent) = &body.parent_asset_id {
        find(&state, &member, parent.as_str(), Area::MediaV2).await?;
    }
    promise(&state, &member, Area::MediaV2, body).await
}

/// Says that the bytes are there: they are read and compared with the promise. Takes the role member.
///
/// To say it again changes nothing. 202 where that takes longer than a request may: it is done all the same.
#[utoipa::path(post, path = "/media-v2/assets/{asset_id}/register", tag = "assets", security(("bearer" = [])),
    params(("asset_id" = String, Path)),
    responses((status = 200, body = RegisteredBody), (status = 202, body = RegisteredBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), AtLimit))]
pub async fn register_asset(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(asset_id): Path<String>,
) -> Result<Response, ApiError> {
    register(&state, member, &asset_id, Area::MediaV2).await
}

/// One media asset, and how to download it for the next minutes.
#[utoipa::path(get, path = "/media-v2/assets/{asset_id}", tag = "assets", security(("bearer" = [])),
    params(("asset_id" = String, Path)),
    responses((status = 200, body = AssetBody), (status = 404, body = ProblemBody)))]
pub async fn read_asset(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(asset_id): Path<String>,
) -> Result<Json<AssetBody>, ApiError> {
    asset(&state, &member, &asset_id, Area::MediaV2).await.map(Json)
}

/// The media assets that are ready.
#[utoipa::path(get, path = "/media-v2/assets", tag = "assets", security(("bearer" = [])), params(ParentQuery, PageQuery),
    responses((status = 200, body = AssetPage), (status = 404, body = ProblemBody)))]
pub async fn list_assets(
    State(state): State<Arc<AppState>>,
    member: Member,
    UrlQuery(which): UrlQuery<ParentQuery>,
    query: PageQuery,
) -> Result<Json<AssetPage>, ApiError> {
    let parent = match &which.parent_asset_id {
        Some(parent) => Some(find(&state, &member, parent, Area::MediaV2).await?.object_id),
        None => None,
    };
    let named = parent.as_ref().map_or("", |parent| parent.as_str());
    let list = ["media", member.tenant_id.as_str(), member.env.as_str(), named].map(str::as_bytes);
    let after = page::after::<ObjectId>(&state.seal, &list, query.cursor.as_deref())?;
    let place = (&member.tenant_id, member.env);
    let mut found = objects::media(&state.pool, place, parent.as_ref(), after.as_ref(), query.limit + 1).await?;
    let last = page::cut(&mut found, query.limit);
    let next = last.map(|last| page::seal(&state.seal, &list, last.object_id.as_str()));
    Ok(Json(AssetPage { assets: found.into_iter().map(AssetBody::of).collect(), next }))
}

/// Writes an artifact of a canvas that was made of this asset: the same as `POST /artifacts` with the asset as a parent.
#[utoipa::path(post, path = "/media-v2/assets/{asset_id}/artifacts", tag = "assets", security(("bearer" = [])),
    params(("asset_id" = String, Path)), request_body = ArtifactWish,
    responses((status = 201, body = WrittenBody), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody), AtLimit))]
pub async fn write_derived(
    State(state): State<Arc<AppState>>,
    (caller, request_id, stated): (Caller, RequestId, Stated),
    Path(asset_id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    write(&state, (caller, request_id, stated), request, Some(asset_id)).await
}

/// The artifacts that were made of this asset and are ready.
#[utoipa::path(get, path = "/media-v2/assets/{asset_id}/artifacts", tag = "assets", security(("bearer" = [])),
    params(("asset_id" = String, Path), PageQuery),
    responses((status = 200, body = ArtifactPage), (status = 404, body = ProblemBody)))]
pub async fn list_derived(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(asset_id): Path<String>,
    query: PageQuery,
) -> Result<Json<ArtifactPage>, ApiError> {
    let parent_id = Some(find(&state, &member, &asset_id, Area::MediaV2).await?.object_id);
    artifacts(&state, &member, Which { parent_id, ..Which::default() }, query).await.map(Json)
}
