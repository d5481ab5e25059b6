//! Uploads that nobody finished expire, and bytes that nobody needs go. Several may sweep at once, and break off anywhere.

use crate::runtime::worker::Failure;
use crate::store::sweep::{self, Leftover};
use crate::store::transaction;
use anyhow::Context;
use node::health::one_line;
use node::postgres::{Pool, Scope};
use node::s3::Bucket;
use node::stop::Stop;
use std::time::Duration;
use subjects::limits::SIGNED_SECS;

const BATCH: u64 = 100;
/// Between two sweeps, unless uploads are kept for less.
const EVERY_SECS_MAX: u64 = 60;
/// Longer than what is signed for an upload is good for: afterwards nobody can bring bytes any more.
const GRACE_SECS_MAX: u64 = 2 * SIGNED_SECS;

/// Sweeps until stop is asked.
pub(crate) async fn sweep(pool: Pool, bucket: Bucket, keep_secs: u64, stop: Stop) {
    let every = Duration::from_secs(keep_secs.min(EVERY_SECS_MAX));
    loop {
        tokio::select! { () = stop.asked() => return, () = tokio::time::sleep(every) => {} }
        if let Err(failure) = once(&pool, &bucket, keep_secs, &stop).await {
            tracing::warn!(cause = one_line(&failure), "not everything was swept");
        }
    }
}

async fn once(pool: &Pool, bucket: &Bucket, keep_secs: u64, stop: &Stop) -> Result<(), Failure> {
    let client = transaction::on_pool(pool, Scope::All).await?;
    while !stop.is_asked() && sweep::expire(&client, keep_secs, BATCH).await? == BATCH {}
    let grace_secs = keep_secs.min(GRACE_SECS_MAX);
    while !stop.is_asked() {
        let leftovers = sweep::leftovers(&client, grace_secs, BATCH).await?;
        for leftover in &leftovers {
            clear(bucket, leftover).await?;
            sweep::swept(&client, leftover).await?;
            metrics::counter!("northstar_objects_swept_total").increment(1);
        }
        if (leftovers.len() as u64) < BATCH {
            return Ok(());
        }
    }
    Ok(())
}

async fn clear(bucket: &Bucket, leftover: &Leftover) -> Result<(), Failure> {
    let cleared = async {
        if let Some(upload_id) = &leftover.upload_id {
            bucket.abort_parts(&leftover.own_key, upload_id).await?;
        }
        bucket.delete(&leftover.own_key).await
    };
    cleared.await.with_context(|| leftover.own_key.to_string()).map_err(Failure::Unavailable)
}
