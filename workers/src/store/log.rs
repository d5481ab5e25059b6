//! The log: every truth event, in its order.

use crate::runtime::worker::{Failure, Logged};
use crate::store::Client;
use subjects::routing::StreamKey;
use tokio_postgres::Row;

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last event's place; 0 before the first.
    pub(crate) seq: u64,
    /// The last commit's rev; 0 before the first.
    pub(crate) rev: u64,
}

/// The most commits that are read at once.
pub(crate) const COMMITS_PAGE: i64 = 256;

/// The events of the commits after `after` up to `last`, in order: at most [`COMMITS_PAGE`].
pub(crate) async fn commits(client: &Client, key: &StreamKey, after: u64, last: u64) -> Result<Vec<String>, Failure> {
    let commits = "
        SELECT event::text FROM log
         WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev > $4 AND rev <= $5
         ORDER BY rev LIMIT $6";
    let statement = client.prepare_cached(commits).await?;
    let (tenant_id, env, stream) = (key.tenant_id.as_str(), key.env.as_str(), key.stream.to_string());
    let (after, last) = (to_sql(after), to_sql(last));
    let rows = client.query(&statement, &[&tenant_id, &env, &stream, &after, &last, &COMMITS_PAGE]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The events of the newest commits after `after` up to `last`, in order, as many as stay within `bytes_max` together.
pub(crate) async fn newest_commits(
    client: &Client,
    key: &StreamKey,
    (after, last): (u64, u64),
    bytes_max: usize,
) -> Result<Vec<String>, Failure> {
    let newest = "
        SELECT event FROM (
            SELECT rev, event::text AS event, sum(octet_length(event::text)) OVER (ORDER BY rev DESC) AS bytes
              FROM log WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev > $4 AND rev <= $6) AS newer
         WHERE bytes <= $5 ORDER BY rev";
    let statement = client.prepare_cached(newest).await?;
    let (tenant_id, env, stream) = (key.tenant_id.as_str(), key.env.as_str(), key.stream.to_string());
    let (after, bytes_max, last) = (to_sql(after), bytes_max as i64, to_sql(last));
    let rows = client.query(&statement, &[&tenant_id, &env, &stream, &after, &bytes_max, &last]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The places in the log of the commits that made these revs, as (rev, seq).
pub(crate) async fn seqs(client: &Client, key: &StreamKey, revs: &[u64]) -> Result<Vec<(u64, u64)>, Failure> {
    let seqs = "
        SELECT rev, seq FROM log
         WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND rev = ANY($4)";
    let statement = client.prepare_cached(seqs).await?;
    let (tenant_id, env, stream) = (key.tenant_id.as_str(), key.env.as_str(), key.stream.to_string());
    let revs: Vec<i64> = revs.iter().copied().map(to_sql).collect();
    let rows = client.query(&statement, &[&tenant_id, &env, &stream, &revs]).await?;
    Ok(rows.iter().map(|row| (from_sql(row, 0), from_sql(row, 1))).collect())
}

/// The event of a commit, if there is one of this rev.
pub(crate) async fn commit(client: &Client, key: &StreamKey, rev: u64) -> Result<Option<String>, Failure> {
    Ok(commits(client, key, rev.saturating_sub(1), rev).await?.pop())
}

/// The events at these places, in order.
pub(crate) async fn events(client: &Client, key: &StreamKey, seqs: &[u64]) -> Result<Vec<Logged>, Failure> {
    let events = "
        SELECT seq, event::text FROM log
         WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND seq = ANY($4) ORDER BY seq";
    let statement = client.prepare_cached(events).await?;
    let (tenant_id, env, stream) = (key.tenant_id.as_str(), key.env.as_str(), key.stream.to_string());
    let seqs: Vec<i64> = seqs.iter().copied().map(to_sql).collect();
    let rows = client.query(&statement, &[&tenant_id, &env, &stream, &seqs]).await?;
    Ok(rows.iter().map(|row| Logged { key: key.clone(), seq: from_sql(row, 0), json: row.get(1) }).collect())
}

/// PostgreSQL has no unsigned integers. No log is longer than half of them.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_sql(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).unsigned_abs()
}
