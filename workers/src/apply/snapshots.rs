//! Snapshots are made behind the commands' backs, from the log: no command waits for one, none is ever wrong.

use crate::history::Loader;
use crate::runtime::worker::Failure;
use crate::store::canvases::CanvasRef;
use crate::store::snapshots::{self, SnapshotRow};
use crate::store::transaction::on_pool;
use anyhow::Context;
use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use node::health::one_line;
use node::stop::Stop;
use std::ops::RangeInclusive;
use std::time::Duration;
use subjects::document::Snapshot;
use subjects::limits::SNAPSHOT_EVERY_REVS;
use subjects::routing::StreamKey;
use subjects::storage_key::StorageKey;
use tokio::sync::mpsc;

/// How many may be waiting. One that is not taken is made up for by a later load.
const WAITING_MAX: usize = 1_024;
const ATTEMPTS: usize = 5;
const PAUSE_MS_MIN: u64 = 200;
const PAUSE_MS_MAX: u64 = 5_000;
/// A load that follows more commits than this makes up for a snapshot that was missed.
const FOLLOWED_REVS_MAX: u64 = 2 * SNAPSHOT_EVERY_REVS;

/// Where snapshots are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots(mpsc::Sender<(StreamKey, u64)>);

impl Snapshots {
    /// Starts the task that makes them. It ends when stop is asked.
    pub(crate) fn start(loader: Loader, stop: &Stop) -> Self {
        let (ask, mut asked) = mpsc::channel(WAITING_MAX);
        let stopped = stop.clone();
        stop.spawn(async move {
            loop {
                tokio::select! {
                    () = stopped.asked() => return,
                    Some((key, rev)) = asked.recv() => make(&loader, &key, rev, &stopped).await,
                }
            }
        });
        Self(ask)
    }

    /// Asks for the snapshots that are due because these revs were committed.
    pub(crate) fn committed(&self, key: &StreamKey, revs: RangeInclusive<u64>) {
        revs.filter(|rev| rev % SNAPSHOT_EVERY_REVS == 0).for_each(|rev| self.ask(key, rev));
    }

    /// Asks for the snapshot that a load would have needed.
    pub(crate) fn loaded(&self, key: &StreamKey, rev: u64, revs_followed: u64) {
        if revs_followed > FOLLOWED_REVS_MAX {
            self.ask(key, rev - rev % SNAPSHOT_EVERY_REVS);
        }
    }

    fn ask(&self, key: &StreamKey, rev: u64) {
        if self.0.try_send((key.clone(), rev)).is_err() {
            metrics::counter!("northstar_snapshots_total", "result" => "skipped").increment(1);
        }
    }
}

async fn make(loader: &Loader, key: &StreamKey, rev: u64, stop: &Stop) {
    let Some(canvas) = CanvasRef::of(key) else { return };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(PAUSE_MS_MIN))
        .with_max_delay(Duration::from_millis(PAUSE_MS_MAX))
        .with_max_times(ATTEMPTS - 1);
    let made = (|| make_once(loader, canvas, rev)).retry(pauses);
    let made = tokio::select! { () = stop.asked() => return, made = made => made };
    let result = match made {
        Ok(()) => "made",
        Err(failure) => {
            tracing::warn!(canvas = %key, rev, cause = one_line(&failure), "no snapshot could be made");
            "failed"
        }
    };
    metrics::counter!("northstar_snapshots_total", "result" => result).increment(1);
}

/// The bytes first: a row says that they are there.
async fn make_once(loader: &Loader, of: CanvasRef<'_>, rev: u64) -> Result<(), Failure> {
    let canvas = loader.load(of, rev).await?.canvas;
    let snapshot = canvas.to_snapshot();
    let row = SnapshotRow {
        rev,
        state_hash: snapshot.state_hash.clone(),
        storage_key: StorageKey::snapshot(&of.log().tenant_id, of.log().env, of.id(), rev),
    };
    let written = tokio::task::spawn_blocking(move || written(&snapshot)).await;
    let bytes = written.map_err(anyhow::Error::new).flatten().map_err(Failure::Poison)?;
    let stored = loader.bucket.put(&row.storage_key, bytes, "application/json").await;
    stored.map_err(|error| Failure::Transient(error.into()))?;
    let client = on_pool(&loader.pool, &of.log().tenant_id).await?;
    snapshots::put(&client, of, &row).await
}

fn written(snapshot: &Snapshot) -> anyhow::Result<Bytes> {
    Ok(serde_json::to_vec(snapshot).context("the snapshot cannot be written")?.into())
}
