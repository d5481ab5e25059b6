//! The log of a canvas or thread: its head, its events, and the commits and snapshots of a canvas.

use super::{QueryError, bigint, count, row, rows, within};
use futures_util::{TryStreamExt, join, try_join};
use node::postgres::{Pool, SET_SCOPE};
use serde::Deserialize;
use std::pin::pin;
use subjects::document::Op;
use subjects::event::StreamEvent;
use subjects::routing::StreamKey;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last event.
    pub seq: u64,
    /// The last commit.
    pub rev: u64,
}

/// What a commit did, and where it stands.
#[derive(Debug)]
pub struct CommitOps {
    /// The rev that it made.
    pub rev: u64,
    /// Its place in the log.
    pub seq: u64,
    /// What was done.
    pub ops: Vec<Op>,
}

/// What a document needs of a commit.
#[derive(Deserialize)]
struct Done {
    ops: Vec<Op>,
}

/// Where the log ends; none before its canvas is registered.
pub async fn head(pool: &Pool, stream: &StreamKey) -> Result<Option<Head>, QueryError> {
    const SQL: &str = "SELECT seq, rev FROM heads WHERE tenant_id = $1 AND env = $2 AND stream = $3";
    let name = stream.stream.to_string();
    let row = row(pool, &stream.tenant_id, SQL, &[&stream.tenant_id.as_str(), &stream.env.as_str(), &name]).await?;
    row.map(|row| Ok(Head { seq: count(&row, "seq")?, rev: count(&row, "rev")? })).transpose()
}

/// The commits of the revs `first..=last`, in order.
pub async fn commits(pool: &Pool, stream: &StreamKey, first: u64, last: u64) -> Result<Vec<CommitOps>, QueryError> {
    // PostgreSQL itself cannot look into an event that holds \u0000.
    const SQL: &str = "SELECT rev, seq, event::text AS event FROM log
        WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev BETWEEN $4 AND $5 ORDER BY rev";
    let rows = rows(
        pool,
        &stream.tenant_id,
        SQL,
        &[&stream.tenant_id.as_str(), &stream.env.as_str(), &stream.stream.to_string(), &bigint(first), &bigint(last)],
    )
    .await?;
    let commit = |row: &Row| {
        let event: StreamEvent<Done> = serde_json::from_str(row.try_get("event")?)?;
        Ok(CommitOps { rev: count(row, "rev")?, seq: count(row, "seq")?, ops: event.data.ops })
    };
    rows.iter().map(commit).collect()
}

/// The events of the commits behind `after_rev`, in order, as text: at most `limit`, and no more once they take
/// `bytes_max`.
pub async fn commit_events(
    pool: &Pool,
    stream: &StreamKey,
    after_rev: u64,
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<String>, QueryError> {
    const SQL: &str = "SELECT event::text AS event FROM log
        WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev > $4 ORDER BY rev LIMIT $5";
    page(pool, SQL, (stream, after_rev), limit, bytes_max).await
}

/// The events behind `after_seq`, in order, as text: at most `limit`, and no more once they take `bytes_max`.
pub async fn events(
    pool: &Pool,
    stream: &StreamKey,
    after_seq: u64,
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<String>, QueryError> {
    const SQL: &str = "SELECT event::text AS event FROM log
        WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND seq > $4 ORDER BY seq LIMIT $5";
    page(pool, SQL, (stream, after_seq), limit, bytes_max).await
}

async fn page(
    pool: &Pool,
    sql: &str,
    (stream, after): (&StreamKey, u64),
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<String>, QueryError> {
    let (tenant_id, env) = (stream.tenant_id.as_str(), stream.env.as_str());
    let (name, after, limit) = (stream.stream.to_string(), bigint(after), limit as i64);
    let parameters: [&(dyn ToSql + Sync); 5] = [&tenant_id, &env, &name, &after, &limit];
    let scoped: [&(dyn ToSql + Sync); 1] = [&tenant_id];
    within(async {
        let client = pool.get().await?;
        let (set_scope, statement) = try_join!(client.prepare_cached(SET_SCOPE), client.prepare_cached(sql))?;
        let (set, rows) = join!(client.execute(&set_scope, &scoped), client.query_raw(&statement, parameters));
        set?;
        let mut rows = pin!(rows?);
        let (mut events, mut bytes) = (Vec::new(), 0);
        while bytes < bytes_max
            && let Some(row) = rows.try_next().await?
        {
            let event: String = row.try_get("event")?;
            bytes += event.len();
            events.push(event);
        }
        Ok(events)
    })
    .await
}

/// The rev of the snapshot nearest below or at a rev of a canvas.
pub async fn snapshot(pool: &Pool, stream: &StreamKey, canvas_id: &str, rev: u64) -> Result<Option<u64>, QueryError> {
    const SQL: &str = "SELECT rev FROM snapshots
        WHERE tenant_id = $1 AND env = $2 AND canvas_id = $3 AND rev <= $4 ORDER BY rev DESC LIMIT 1";
    let (tenant_id, env) = (stream.tenant_id.as_str(), stream.env.as_str());
    let row = row(pool, &stream.tenant_id, SQL, &[&tenant_id, &env, &canvas_id, &bigint(rev)]).await?;
    row.map(|row| count(&row, "rev")).transpose()
}
