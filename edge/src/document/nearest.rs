//! Making a document: from the nearest stand there is, and the commits since.

use crate::document::Stand;
use crate::document::stand::Broken;
use crate::error::ApiError;
use crate::queries::log;
use node::postgres::Pool;
use node::s3::Bucket;
use std::time::Duration;
use subjects::document::Snapshot;
use subjects::ids::CanvasId;
use subjects::limits::SNAPSHOT_EVERY_REVS;
use subjects::routing::StreamKey;
use subjects::storage_key::StorageKey;

/// Where documents are made from.
#[derive(Debug)]
pub(super) struct Stores {
    pub(super) pool: Pool,
    pub(super) bucket: Bucket,
}

/// The most commits that are applied to make one document. More means that snapshots cannot be read.
const REPLAY_REVS_MAX: u64 = 20_000;
/// How long a snapshot is waited for before the commits are applied instead.
const SNAPSHOT_SECS_MAX: u64 = 3;

impl Stores {
    /// The document of a canvas at a rev that exists. `near` is one that stood before, if there is one at hand.
    pub(super) async fn stand(
        &self,
        stream: &StreamKey,
        canvas_id: &CanvasId,
        near: Option<Stand>,
        rev: u64,
    ) -> Result<Stand, ApiError> {
        let mut stand = match near {
            Some(near) if rev - near.rev <= SNAPSHOT_EVERY_REVS => near,
            near => self.snapshot(stream, canvas_id, near, rev).await?,
        };
        if rev - stand.rev > REPLAY_REVS_MAX {
            return Err(ApiError::unavailable("S3", &Broken::Missing(rev - REPLAY_REVS_MAX)));
        }
        while stand.rev < rev {
            let last = rev.min(stand.rev + SNAPSHOT_EVERY_REVS);
            let commits = log::commits(&self.pool, stream, stand.rev + 1, last).await?;
            if commits.is_empty() {
                return Err(ApiError::internal(Broken::Missing(stand.rev + 1)));
            }
            stand = blocking(move || stand.after(commits)).await?;
        }
        Ok(stand)
    }

    /// The nearest of what is at hand, what is stored, and the empty document. A snapshot that cannot be read costs
    /// time, not the answer.
    async fn snapshot(
        &self,
        stream: &StreamKey,
        canvas_id: &CanvasId,
        near: Option<Stand>,
        rev: u64,
    ) -> Result<Stand, ApiError> {
        let near = near.unwrap_or_default();
        let Some(stored) = log::snapshot(&self.pool, stream, canvas_id.as_str(), rev).await? else {
            return Ok(near);
        };
        if stored <= near.rev {
            return Ok(near);
        }
        let key = StorageKey::snapshot(&stream.tenant_id, stream.env, canvas_id, stored);
        Ok(self.stored(&key).await.unwrap_or(near))
    }

    async fn stored(&self, key: &StorageKey) -> Option<Stand> {
        let limit = Duration::from_secs(SNAPSHOT_SECS_MAX);
        let bytes = match tokio::time::timeout(limit, self.bucket.get(key)).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => {
                tracing::error!(%key, "a snapshot is not there");
                return None;
            }
            Ok(Err(error)) => {
                tracing::warn!(%key, %error, "a snapshot cannot be read");
                return None;
            }
            Err(_) => {
                tracing::warn!(%key, "a snapshot takes too long");
                return None;
            }
        };
        let read = move || {
            let snapshot: Snapshot = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
            Stand::of(snapshot).map_err(|error| node::health::one_line(&error))
        };
        let stand = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string()).flatten();
        stand.inspect_err(|error| tracing::error!(%key, %error, "a snapshot is broken")).ok()
    }
}

/// Large documents take their time, which is no other request's.
async fn blocking(work: impl FnOnce() -> Result<Stand, Broken> + Send + 'static) -> Result<Stand, ApiError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    done.map_err(|error| ApiError::internal(node::health::one_line(&error)))
}
