//! A canvas from what is kept of it: the nearest snapshot, and the log from there on.

use crate::history::Canvas;
use crate::runtime::worker::Failure;
use crate::store::canvases::CanvasRef;
use crate::store::log::COMMITS_PAGE;
use crate::store::transaction::on_pool;
use crate::store::{log, snapshots};
use anyhow::Context;
use bytes::Bytes;
use node::postgres::Pool;
use node::s3::Bucket;
use subjects::document::Snapshot;

/// Loads canvases.
#[derive(Clone)]
pub(crate) struct Loader {
    /// Where the log is.
    pub(crate) pool: Pool,
    /// Where the snapshots are.
    pub(crate) bucket: Bucket,
}

/// A canvas, and what it took to make it.
pub(crate) struct Loaded {
    /// The canvas.
    pub(crate) canvas: Canvas,
    /// How many commits were followed.
    pub(crate) revs_followed: u64,
}

impl Loader {
    /// The canvas as of `rev`, or as of the end of the log if that comes before. Without S3 it takes longer.
    pub(crate) async fn load(&self, canvas: CanvasRef<'_>, rev: u64) -> Result<Loaded, Failure> {
        let start = match self.snapshot(canvas, rev).await {
            Ok(start) => start,
            Err(Failure::Unavailable(error)) => return Err(Failure::Unavailable(error)),
            Err(failure @ (Failure::Transient(_) | Failure::Poison(_))) => {
                metrics::counter!("northstar_snapshots_unusable_total").increment(1);
                tracing::warn!(cause = node::health::one_line(&failure), "no snapshot: the whole log is followed");
                None
            }
        };
        self.follow(canvas, start.unwrap_or_else(Canvas::new), rev).await
    }

    async fn snapshot(&self, canvas: CanvasRef<'_>, rev: u64) -> Result<Option<Canvas>, Failure> {
        let client = on_pool(&self.pool, &canvas.log().tenant_id).await?;
        let Some(row) = snapshots::nearest(&client, canvas, rev).await? else { return Ok(None) };
        // S3 may take its time: others need the connection.
        drop(client);
        let bytes = self.bucket.get(&row.storage_key).await.map_err(|error| Failure::Transient(error.into()))?;
        let bytes = bytes.with_context(|| format!("S3 has no {}", row.storage_key)).map_err(Failure::Poison)?;
        let read = tokio::task::spawn_blocking(move || read(&bytes));
        let start = read.await.map_err(anyhow::Error::new).flatten().map_err(Failure::Poison)?;
        Ok(Some(start).filter(|start| start.rev == row.rev))
    }

    /// Follows the log page by page. No connection is held for longer than a page.
    async fn follow(&self, of: CanvasRef<'_>, mut canvas: Canvas, rev: u64) -> Result<Loaded, Failure> {
        let first = canvas.rev;
        loop {
            let client = on_pool(&self.pool, &of.log().tenant_id).await?;
            let page = log::commits(&client, of.log(), canvas.rev, rev).await?;
            drop(client);
            // Documents that cannot be made right are not worked on.
            canvas.follow(&page).map_err(|error| Failure::Poison(error.into()))?;
            if page.len() < COMMITS_PAGE as usize {
                return Ok(Loaded { revs_followed: canvas.rev - first, canvas });
            }
        }
    }
}

fn read(bytes: &Bytes) -> anyhow::Result<Canvas> {
    let snapshot: Snapshot = serde_json::from_slice(bytes).context("the snapshot is not understood")?;
    Ok(Canvas::from_snapshot(snapshot)?)
}
