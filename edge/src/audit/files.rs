//! `GET /audit/log/…`: the log as it is published, to be copied and verified whole.

use super::checkpoint::TEXT;
use super::{head, proof};
use crate::context::Member;
use crate::error::{ApiError, ProblemBody};
use crate::queries::audit::{self, Which};
use crate::state::AppState;
use ::audit::{HASH_SIZE, Part, TILE_WIDTH, Tile, TileId, bundle};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::CONTENT_TYPE;
use std::sync::Arc;

const BYTES: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "application/octet-stream")];

/// The log as C2SP's tlog-tiles lays it out: `checkpoint`, `tile/{L}/{N}[.p/{W}]`, `tile/entries/{N}[.p/{W}]`. The same stands
/// in the bucket, below `tenants/{tenant_id}/{env}/audit/`; here it is made of what the database holds now, so that
/// `northstar-audit verify --from` finds what was changed there. Takes the role admin.
#[utoipa::path(get, path = "/audit/log/{*path}", tag = "audit", security(("bearer" = [])),
    params(("*path" = String, Path, description = "`checkpoint`, or a tile's")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn read_log(
    State(state): State<Arc<AppState>>,
    member: Member,
    Path(path): Path<String>,
) -> Result<Response, ApiError> {
    let head = head(&state, &member).await?;
    let part = Part::at(&path).ok_or_else(ApiError::not_found)?;
    match part {
        Part::Checkpoint => Ok((TEXT, head.note).into_response()),
        Part::Tile(tile) => Ok((BYTES, hashes(&state, &member, &tile).await?).into_response()),
        Part::Entries(tile) => Ok((BYTES, entries(&state, &member, &tile).await?).into_response()),
    }
}

/// As many hashes of the tile as were asked for.
async fn hashes(state: &AppState, member: &Member, tile: &Tile) -> Result<Vec<u8>, ApiError> {
    let id = TileId::from(tile);
    let mut tiles = audit::tiles(&state.pool, (&member.tenant_id, member.env), &[id]).await?;
    let mut hashes = tiles.remove(&id).ok_or_else(ApiError::not_found)?;
    let width = tile.width() as usize * HASH_SIZE;
    if hashes.len() < width {
        return Err(ApiError::not_found());
    }
    hashes.truncate(width);
    Ok(hashes)
}

async fn entries(state: &AppState, member: &Member, tile: &Tile) -> Result<Vec<u8>, ApiError> {
    let (first, width) = (tile.level_index() * u64::from(TILE_WIDTH), tile.width() as usize);
    let place = (&member.tenant_id, member.env);
    let found = audit::list(&state.pool, place, (first, first + width as u64), &Which::default(), width).await?;
    if found.len() != width {
        return Err(ApiError::not_found());
    }
    let records: Vec<_> = found.into_iter().map(|entry| proof::record(member, entry)).collect::<Result<_, _>>()?;
    Ok(bundle(&records))
}
