//! Documents at hand: the last one of each canvas that was asked for, within a bound of memory.

use crate::document::Stand;
use crate::document::nearest::Stores;
use crate::error::ApiError;
use bytes::Bytes;
use moka::future::Cache;
use node::postgres::Pool;
use node::s3::Bucket;
use std::sync::Arc;
use subjects::ids::CanvasId;
use subjects::routing::StreamKey;
use subjects::seal::SealKey;
use tokio::sync::Semaphore;

/// Documents at hand. One that is not is made from the nearest snapshot and the log.
#[derive(Debug)]
pub struct Documents {
    stores: Stores,
    seal: SealKey,
    at_hand: Cache<StreamKey, Arc<Rendered>>,
    loading: Semaphore,
}

/// A document with its JSON, made once for all who ask.
#[derive(Debug)]
struct Rendered {
    stand: Stand,
    body: Bytes,
}

/// Documents that are made at the same time.
const LOADING_MAX: usize = 8;
/// About how much more a document takes in memory than its JSON.
const WEIGHT_OF_JSON: usize = 4;
const MIB: u64 = 1024 * 1024;

impl Documents {
    /// None at hand yet; at most `mib_max` of them, about.
    pub fn new(pool: Pool, bucket: Bucket, seal: SealKey, mib_max: u64) -> Self {
        let weigh = |_: &StreamKey, rendered: &Arc<Rendered>| {
            u32::try_from(rendered.body.len() * WEIGHT_OF_JSON).unwrap_or(u32::MAX)
        };
        let at_hand = Cache::builder().max_capacity(mib_max * MIB).weigher(weigh).build();
        Self { stores: Stores { pool, bucket }, seal, at_hand, loading: Semaphore::new(LOADING_MAX) }
    }

    /// The document of a canvas at a rev that exists, as JSON.
    pub async fn at(&self, stream: &StreamKey, canvas_id: &CanvasId, rev: u64) -> Result<Bytes, ApiError> {
        if let Some(body) = self.known(stream, rev).await {
            return Ok(body);
        }
        let _place = self.loading.acquire().await.map_err(ApiError::internal)?;
        // Somebody may have made it in the meantime.
        if let Some(body) = self.known(stream, rev).await {
            return Ok(body);
        }
        let near = self.at_hand.get(stream).await.filter(|near| near.stand.rev < rev);
        let near = near.map(|near| near.stand.clone());
        let stand = self.stores.stand(stream, canvas_id, near, rev).await?;
        let rendered = self.render(stream, stand).await?;
        let body = rendered.body.clone();
        self.keep(stream, rendered).await;
        Ok(body)
    }

    async fn known(&self, stream: &StreamKey, rev: u64) -> Option<Bytes> {
        let known = self.at_hand.get(stream).await?;
        (known.stand.rev == rev).then(|| known.body.clone())
    }

    /// Large documents take their time, which is no other request's.
    async fn render(&self, stream: &StreamKey, stand: Stand) -> Result<Rendered, ApiError> {
        let (seal, stream) = (self.seal.clone(), stream.clone());
        let render = move || stand.render(&seal, &stream).map(|body| Rendered { stand, body });
        let rendered = tokio::task::spawn_blocking(render).await.map_err(ApiError::internal)?;
        rendered.map_err(ApiError::internal)
    }

    /// Keeps the newest.
    async fn keep(&self, stream: &StreamKey, rendered: Rendered) {
        let newer = self.at_hand.get(stream).await.is_some_and(|known| known.stand.rev > rendered.stand.rev);
        if !newer {
            self.at_hand.insert(stream.clone(), Arc::new(rendered)).await;
        }
    }
}
