//! Copies of the logs in the bucket, laid out as C2SP's tlog-tiles says: tiles and records first, then the checkpoint that
//! promises them. The log does not wait for its copy.
//!
//! A lease keeps others from copying the same log. It is held on to before the checkpoint is put. A worker that is paused just
//! then may put one that is older than what stands there: it is signed all the same, its worker finds its lease gone, and
//! has the log copied once more.

use super::Standing;
use crate::runtime::worker::Failure;
use crate::store::audit::unpublished::{self, Due};
use crate::store::audit::{self as logs, Head};
use crate::store::transaction::on_pool;
use anyhow::{Context, anyhow};
use audit::{HASH_SIZE, Part, TILE_WIDTH, Tile, TileBytes, TileId, bundle, published};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use node::health::one_line;
use node::postgres::{Pool, Scope};
use node::s3::Bucket;
use node::stop::Stop;
use std::collections::BTreeMap;
use std::time::Duration;
use subjects::storage_key::StorageKey;
use tokio::time::sleep;

/// How long the list of what is to be copied is left alone.
const PAUSE_MS: u64 = 300;
/// How long a log is left alone that was copied, and has grown meanwhile.
const LOG_PAUSE_MS: u64 = 5_000;
/// How long a log is left alone that could not be copied.
const LOG_PAUSE_AFTER_FAILURE_MS: u64 = 2_000;
/// The most logs that are copied at once by this worker.
const LOGS_MAX: usize = 4;
/// Longer than any one put may take.
const LEASE_SECS: u64 = 60;
/// Parts that are read together, and put before the lease is held on to.
const PARTS_MAX: usize = 32;
/// Puts at once, of one log.
const PUTS_MAX: usize = 4;

/// Copies what is due until stop is asked. Several workers may do so at once.
pub(crate) async fn publish(pool: Pool, bucket: Bucket, standing: Standing, stop: Stop) {
    let publisher = Publisher { pool, bucket };
    loop {
        tokio::select! { () = stop.asked() => return, () = sleep(Duration::from_millis(PAUSE_MS)) => {} }
        match publisher.round(&stop).await {
            Ok(behind) => standing.unpublished(behind),
            Err(failure) => failed(None, &failure),
        }
    }
}

#[derive(Debug, Clone)]
struct Publisher {
    pool: Pool,
    bucket: Bucket,
}

impl Publisher {
    /// Since when the bucket lacks something, of what could not be copied now.
    async fn round(&self, stop: &Stop) -> Result<Option<DateTime<Utc>>, Failure> {
        let mut behind = None;
        while !stop.is_asked() {
            let due = {
                let client = on_pool(&self.pool, Scope::All).await?;
                unpublished::take(&client, LOGS_MAX, LEASE_SECS).await?
            };
            let many = due.len() == LOGS_MAX;
            let copied = stream::iter(due).map(async |due| self.tries(&due).await).buffer_unordered(LOGS_MAX);
            let since = copied.filter_map(async |since| since).collect::<Vec<_>>().await.into_iter().min();
            behind = since.into_iter().chain(behind).min();
            if !many {
                break;
            }
        }
        Ok(behind)
    }

    /// Since when the bucket lacks something of this log, unless it was copied.
    async fn tries(&self, due: &Due) -> Option<DateTime<Utc>> {
        let Err(failure) = self.copy(due).await else { return None };
        failed(Some(due), &failure);
        let returned = async {
            let client = on_pool(&self.pool, &due.tenant_id).await?;
            unpublished::failed(&client, due, LOG_PAUSE_AFTER_FAILURE_MS).await
        };
        if let Err(failure) = returned.await {
            tracing::debug!(cause = one_line(&failure), "a lease runs out by itself");
        }
        Some(due.since)
    }

    /// Copies what the bucket lacks of the log as it is now.
    async fn copy(&self, due: &Due) -> Result<(), Failure> {
        let head = {
            let client = on_pool(&self.pool, &due.tenant_id).await?;
            logs::find(&client, due.place()).await?
        };
        let Head { size, note } = head.ok_or_else(|| Failure::Transient(anyhow!("there is no such log")))?;
        for parts in published(due.from, size).chunks(PARTS_MAX) {
            let contents = self.read(due, parts).await?;
            let puts = stream::iter(contents).map(async |(part, bytes)| self.put(due, part, bytes).await);
            puts.buffer_unordered(PUTS_MAX).try_collect::<()>().await?;
        }
        self.hold(due).await?;
        self.put(due, Part::Checkpoint, note.into()).await?;
        metrics::counter!("northstar_audit_publications_total").increment(1);
        let client = on_pool(&self.pool, &due.tenant_id).await?;
        unpublished::done(&client, due, size, LOG_PAUSE_MS).await
    }

    /// What stands in these parts; the checkpoint is not among them. The lease is held on to by that.
    async fn read(&self, due: &Due, parts: &[Part]) -> Result<Vec<(Part, Bytes)>, Failure> {
        self.hold(due).await?;
        let client = on_pool(&self.pool, &due.tenant_id).await?;
        let ids: Vec<_> = parts.iter().filter_map(tile_id).collect();
        let tiles = logs::tiles(&client, due.place(), &ids).await?;
        let mut contents = Vec::new();
        for part in parts {
            match part {
                Part::Checkpoint => {}
                Part::Tile(tile) => contents.push((*part, hashes(&tiles, tile)?)),
                Part::Entries(tile) => {
                    let first = tile.level_index() * u64::from(TILE_WIDTH);
                    let records = logs::records(&client, due.place(), (first, tile.width().into())).await?;
                    if records.len() != tile.width() as usize {
                        return Err(Failure::Poison(anyhow!("{part} has {} records", records.len())));
                    }
                    contents.push((*part, bundle(&records).into()));
                }
            }
        }
        Ok(contents)
    }

    async fn hold(&self, due: &Due) -> Result<(), Failure> {
        let client = on_pool(&self.pool, &due.tenant_id).await?;
        let is_held = unpublished::hold(&client, due, LEASE_SECS).await?;
        if is_held { Ok(()) } else { Err(Failure::Transient(anyhow!("another worker copies the log"))) }
    }

    async fn put(&self, due: &Due, part: Part, bytes: Bytes) -> Result<(), Failure> {
        let content_type = match part {
            Part::Checkpoint => "text/plain; charset=utf-8",
            Part::Tile(_) | Part::Entries(_) => "application/octet-stream",
        };
        let key = StorageKey::audit(&due.tenant_id, due.env, &part.to_string());
        let put = self.bucket.put(&key, bytes, content_type).await;
        put.with_context(|| key.to_string()).map_err(Failure::Unavailable)
    }
}

fn tile_id(part: &Part) -> Option<TileId> {
    match part {
        Part::Tile(tile) => Some(tile.into()),
        Part::Entries(_) | Part::Checkpoint => None,
    }
}

/// As many hashes of a tile as it had: it may have grown since.
fn hashes(tiles: &BTreeMap<TileId, TileBytes>, tile: &Tile) -> Result<Bytes, Failure> {
    let hashes = tiles.get(&tile.into()).and_then(|hashes| hashes.get(..tile.width() as usize * HASH_SIZE));
    let hashes = hashes.map(Bytes::copy_from_slice);
    hashes.ok_or_else(|| Failure::Poison(anyhow!("{} is not there", Part::Tile(*tile))))
}

/// The log itself is as it was.
fn failed(due: Option<&Due>, failure: &Failure) {
    metrics::counter!("northstar_audit_publish_failures_total").increment(1);
    let (tenant_id, env) = due.map(|due| (&due.tenant_id, due.env)).unzip();
    tracing::warn!(cause = one_line(failure), ?tenant_id, ?env, "a log could not be copied to the bucket");
}
