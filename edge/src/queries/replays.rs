//! Grafts and the replays that came of them.

use super::{QueryError, count, id, row, rows, word};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use subjects::graft::{GraftMode, Recorded};
use subjects::ids::{CanvasId, Env, GraftId, ObjectId, TenantId};
use subjects::storage_key::StorageKey;
use tokio_postgres::Row;

/// A graft, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub session_id: GraftId,
    /// How others see it.
    pub mode: GraftMode,
    /// Which gestures are recorded.
    pub recorded: Recorded,
    /// `open`, `stopping` or `done`.
    pub state: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended, if it has.
    pub ended_at: Option<DateTime<Utc>>,
    /// The canvas's last rev when it began.
    pub start_rev: u64,
    /// The canvas's last rev when it ended.
    pub end_rev: Option<u64>,
    /// Its replay, once that is made.
    pub artifact_id: Option<ObjectId>,
}

/// Where the bytes of a replay are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Of which canvas it is.
    pub canvas_id: CanvasId,
    /// Where.
    pub key: StorageKey,
    /// How many.
    pub size: u64,
}

/// The grafts of a canvas, by `session_id`, beginning behind `after`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    canvas_id: &CanvasId,
    after: Option<&GraftId>,
    limit: usize,
) -> Result<Vec<Session>, QueryError> {
    const SQL: &str =
        "SELECT session_id, mode, gesture_log, state, started_at, ended_at, start_rev, end_rev, artifact_id
        FROM graft_sessions WHERE tenant_id = $1 AND env = $2 AND canvas_id = $3 AND session_id > $4
        ORDER BY session_id LIMIT $5";
    let after = after.map_or("", |id| id.as_str());
    let rows =
        rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &canvas_id.as_str(), &after, &(limit as i64)])
            .await?;
    rows.iter().map(session).collect()
}

/// Where the bytes of a replay are that is there to be played.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    artifact_id: &ObjectId,
) -> Result<Option<Stored>, QueryError> {
    const SQL: &str = "SELECT a.canvas_id, o.storage_key, o.size FROM artifacts a
        JOIN objects o ON o.tenant_id = a.tenant_id AND o.env = a.env AND o.object_id = a.artifact_id
        WHERE a.tenant_id = $1 AND a.env = $2 AND a.artifact_id = $3 AND a.kind = 'replay' AND o.status = 'ready'";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &artifact_id.as_str()]).await?;
    row.map(|row| {
        let key = StorageKey::from_stored(row.try_get("storage_key")?);
        Ok(Stored { canvas_id: id(&row, "canvas_id")?, key, size: count(&row, "size")? })
    })
    .transpose()
}

fn session(row: &Row) -> Result<Session, QueryError> {
    let end_rev: Option<i64> = row.try_get("end_rev")?;
    let artifact_id: Option<&str> = row.try_get("artifact_id")?;
    Ok(Session {
        session_id: id(row, "session_id")?,
        mode: word(row, "mode")?,
        recorded: word(row, "gesture_log")?,
        state: row.try_get("state")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        start_rev: count(row, "start_rev")?,
        end_rev: end_rev.map(|_| count(row, "end_rev")).transpose()?,
        artifact_id: artifact_id.map(str::parse).transpose()?,
    })
}
