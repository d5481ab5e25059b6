//! Where the snapshots of documents are. Their bytes are in S3.

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::canvases::CanvasRef;
use crate::store::log::{from_sql, to_sql};
use subjects::storage_key::StorageKey;

/// A document as it was at a rev.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotRow {
    /// The rev.
    pub(crate) rev: u64,
    /// The document's hash, in hex.
    pub(crate) state_hash: String,
    /// Where its bytes are.
    pub(crate) storage_key: StorageKey,
}

/// The newest snapshot that is not newer than `rev`.
pub(crate) async fn nearest(client: &Client, canvas: CanvasRef<'_>, rev: u64) -> Result<Option<SnapshotRow>, Failure> {
    let nearest = "
        SELECT rev, state_hash, storage_key FROM snapshots
         WHERE tenant_id = $1 AND env = $2 AND canvas_id = $3 AND rev <= $4 ORDER BY rev DESC LIMIT 1";
    let statement = client.prepare_cached(nearest).await?;
    let (tenant_id, env, canvas_id) = canvas.columns();
    let row = client.query_opt(&statement, &[&tenant_id, &env, &canvas_id, &to_sql(rev)]).await?;
    Ok(row.map(|row| SnapshotRow {
        rev: from_sql(&row, 0),
        state_hash: row.get(1),
        storage_key: StorageKey::from_stored(row.get(2)),
    }))
}

/// Puts down that there is a snapshot. Its bytes must be in S3 already.
pub(crate) async fn put(client: &Client, canvas: CanvasRef<'_>, snapshot: &SnapshotRow) -> Result<(), Failure> {
    let put = "
        INSERT INTO snapshots (tenant_id, env, canvas_id, rev, state_hash, storage_key)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let statement = client.prepare_cached(put).await?;
    let (tenant_id, env, canvas_id) = canvas.columns();
    let (rev, storage_key) = (to_sql(snapshot.rev), snapshot.storage_key.as_str());
    client.execute(&statement, &[&tenant_id, &env, &canvas_id, &rev, &snapshot.state_hash, &storage_key]).await?;
    Ok(())
}
