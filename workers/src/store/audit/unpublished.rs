//! Logs of which the bucket has no whole copy yet, and who copies them.

use crate::runtime::worker::Failure;
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use chrono::{DateTime, Utc};
use subjects::ids::{Env, TenantId};
use tokio_postgres::Row;
use uuid::Uuid;

/// A log that is to be copied, by who holds the lease.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    /// Whose.
    pub(crate) tenant_id: TenantId,
    /// In which environment.
    pub(crate) env: Env,
    /// The bucket has as many records.
    pub(crate) from: u64,
    /// Since when it has not all.
    pub(crate) since: DateTime<Utc>,
    lease: Uuid,
}

impl Due {
    /// Of which log.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { tenant_id: &self.tenant_id, env: self.env }
    }
}

/// Takes the lease of logs that are due, at most so many, for so long.
pub(crate) async fn take(client: &Client, logs_max: usize, lease_secs: u64) -> Result<Vec<Due>, Failure> {
    let take = "
        UPDATE audit_unpublished SET lease = $1, not_before = clock_timestamp() + make_interval(secs => $2::bigint)
         WHERE (tenant_id, env) IN (
               SELECT tenant_id, env FROM audit_unpublished WHERE not_before <= clock_timestamp()
                ORDER BY not_before LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING tenant_id, env, from_size, since";
    let statement = client.prepare_cached(take).await?;
    let lease = Uuid::now_v7();
    let rows = client.query(&statement, &[&lease, &to_sql(lease_secs), &(logs_max as i64)]).await?;
    rows.iter().map(|row| due(row, lease)).collect()
}

fn due(row: &Row, lease: Uuid) -> Result<Due, Failure> {
    let poison = |error| Failure::Poison(anyhow::Error::new(error));
    let (tenant_id, env): (&str, &str) = (row.get(0), row.get(1));
    let (tenant_id, env) = (tenant_id.parse().map_err(poison)?, env.parse().map_err(poison)?);
    Ok(Due { tenant_id, env, from: row.get::<_, i64>(2).unsigned_abs(), since: row.get(3), lease })
}

/// Holds on to the lease for so long from now on. Says whether it was still held.
pub(crate) async fn hold(client: &Client, due: &Due, lease_secs: u64) -> Result<bool, Failure> {
    let hold = "
        UPDATE audit_unpublished SET not_before = clock_timestamp() + make_interval(secs => $4::bigint)
         WHERE tenant_id = $1 AND env = $2 AND lease = $3";
    let statement = client.prepare_cached(hold).await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&due.tenant_id.as_str(), &due.env.as_str(), &due.lease, &to_sql(lease_secs)];
    Ok(client.execute(&statement, &parameters).await? == 1)
}

/// The bucket has so many records now: that is all, or the rest is due in a while. Where another took the lease in the
/// meantime, ours may have been put over theirs: then it is all copied once more from here on.
pub(crate) async fn done(client: &Client, due: &Due, size: u64, pause_ms: u64) -> Result<(), Failure> {
    let (tenant_id, env, size, pause_ms) = (due.tenant_id.as_str(), due.env.as_str(), to_sql(size), to_sql(pause_ms));
    let all = "DELETE FROM audit_unpublished WHERE tenant_id = $1 AND env = $2 AND lease = $3 AND to_size <= $4";
    let statement = client.prepare_cached(all).await?;
    if client.execute(&statement, &[&tenant_id, &env, &due.lease, &size]).await? == 1 {
        return Ok(());
    }
    let rest = "
        UPDATE audit_unpublished
           SET from_size = $4, since = clock_timestamp(), lease = NULL,
               not_before = clock_timestamp() + make_interval(secs => $5::bigint / 1000.0)
         WHERE tenant_id = $1 AND env = $2 AND lease = $3";
    let statement = client.prepare_cached(rest).await?;
    if client.execute(&statement, &[&tenant_id, &env, &due.lease, &size, &pause_ms]).await? == 1 {
        return Ok(());
    }
    let again = "
        INSERT INTO audit_unpublished (tenant_id, env, from_size, to_size) VALUES ($1, $2, $3, $3)
        ON CONFLICT (tenant_id, env) DO UPDATE
           SET from_size = least(audit_unpublished.from_size, excluded.from_size), lease = NULL";
    let statement = client.prepare_cached(again).await?;
    client.execute(&statement, &[&tenant_id, &env, &size]).await?;
    Ok(())
}

/// Gives a lease back: the log is due again in a while.
pub(crate) async fn failed(client: &Client, due: &Due, pause_ms: u64) -> Result<(), Failure> {
    let failed = "
        UPDATE audit_unpublished
           SET lease = NULL, not_before = clock_timestamp() + make_interval(secs => $4::bigint / 1000.0)
         WHERE tenant_id = $1 AND env = $2 AND lease = $3";
    let statement = client.prepare_cached(failed).await?;
    client.execute(&statement, &[&due.tenant_id.as_str(), &due.env.as_str(), &due.lease, &to_sql(pause_ms)]).await?;
    Ok(())
}
