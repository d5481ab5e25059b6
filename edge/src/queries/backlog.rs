//! What readers missed: the log by seq, and where logs end.

use super::{QueryError, bigint, count, log::Head, rows};
use node::postgres::{Pool, Scope};
use subjects::routing::StreamKey;

/// The events `after + 1 ..= last` as text, in order: as many as `bytes_max` holds, but at least the first.
pub async fn events(
    pool: &Pool,
    stream: &StreamKey,
    after: u64,
    last: u64,
    bytes_max: usize,
) -> Result<Vec<String>, QueryError> {
    const SQL: &str = "SELECT event FROM (
            SELECT seq, event::text AS event, sum(octet_length(event::text)) OVER (ORDER BY seq) AS bytes FROM log
            WHERE tenant_id = $1 AND env = $2 AND stream = $3 AND seq > $4 AND seq <= $5
        ) page WHERE bytes <= $6 OR seq = $4 + 1 ORDER BY seq";
    let (tenant_id, env, name) = (stream.tenant_id.as_str(), stream.env.as_str(), stream.stream.to_string());
    let (after, last, bytes_max) = (bigint(after), bigint(last), bytes_max as i64);
    let rows = rows(pool, &stream.tenant_id, SQL, &[&tenant_id, &env, &name, &after, &last, &bytes_max]).await?;
    rows.iter().map(|row| Ok(row.try_get("event")?)).collect()
}

/// Where each of the logs ends, in the order asked; a log that has no head yet ends before its first event.
pub async fn heads(pool: &Pool, streams: &[&StreamKey]) -> Result<Vec<Head>, QueryError> {
    const SQL: &str = "SELECT coalesce(seq, 0) AS seq, coalesce(rev, 0) AS rev
        FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (tenant_id, env, stream, n)
        LEFT JOIN heads USING (tenant_id, env, stream) ORDER BY n";
    let tenants: Vec<_> = streams.iter().map(|key| key.tenant_id.as_str()).collect();
    let envs: Vec<_> = streams.iter().map(|key| key.env.as_str()).collect();
    let names: Vec<_> = streams.iter().map(|key| key.stream.to_string()).collect();
    let rows = rows(pool, Scope::All, SQL, &[&tenants, &envs, &names]).await?;
    rows.iter().map(|row| Ok(Head { seq: count(row, "seq")?, rev: count(row, "rev")? })).collect()
}
