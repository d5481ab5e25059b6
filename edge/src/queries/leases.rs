//! Limits counted across edges: the two functions that this role may execute.

use super::{QueryError, only};
use node::postgres::Pool;
use std::time::Duration;
use subjects::ids::TenantId;

/// What was granted of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How many; none when the tenant is at its limit.
    pub granted: u32,
    /// When there is one again.
    pub retry_after: Duration,
}

/// How much of a limit is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RateAsk {
    /// How many.
    pub wanted: u32,
    /// What a tenant has per second.
    pub per_second: u32,
    /// What a tenant has at once after a rest.
    pub burst: u32,
}

impl RateAsk {
    /// How long it takes until there is as much again as is asked for.
    pub fn rest(self) -> Duration {
        Duration::from_secs(1) * self.wanted / self.per_second.max(1)
    }
}

/// Leases up to `wanted` of what a tenant may do of `class`.
pub async fn rate(pool: &Pool, tenant_id: &TenantId, class: &str, ask: RateAsk) -> Result<Lease, QueryError> {
    const SQL: &str = "SELECT granted, retry_after_ms FROM lease_rate($1, $2, $3, $4, $5)";
    let row = only(
        pool,
        tenant_id,
        SQL,
        &[
            &tenant_id.as_str(),
            &class,
            &i32::try_from(ask.wanted).unwrap_or(i32::MAX),
            &f64::from(ask.per_second),
            &f64::from(ask.burst),
        ],
    )
    .await?;
    let (granted, retry_after_ms): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Lease {
        granted: granted.max(0).cast_unsigned(),
        retry_after: Duration::from_millis(u64::from(retry_after_ms.max(0).cast_unsigned())),
    })
}

/// What an edge said of what it holds is forgotten unless it says so again.
const HELD_SECS: i32 = 10;

/// Says how many of `what` a tenant holds on this edge; learns how many on all others.
pub async fn held(pool: &Pool, tenant_id: &TenantId, what: &str, edge_id: &str, held: u32) -> Result<u32, QueryError> {
    const SQL: &str = "SELECT held_elsewhere FROM lease_holdings($1, $2, $3, $4, $5)";
    let held = i32::try_from(held).unwrap_or(i32::MAX);
    let row = only(pool, tenant_id, SQL, &[&tenant_id.as_str(), &what, &edge_id, &held, &HELD_SECS]).await?;
    let elsewhere: i32 = row.try_get(0)?;
    Ok(elsewhere.max(0).cast_unsigned())
}
