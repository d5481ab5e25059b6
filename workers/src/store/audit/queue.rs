//! Events that have no place in a log yet.

use super::recorded;
use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use anyhow::Context;
use audit::{PayloadCommitment, Recorded};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde_json::Value;
use std::pin::pin;
use subjects::ids::{Env, TenantId};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// A log for which something waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Whose.
    pub(crate) tenant_id: TenantId,
    /// In which environment.
    pub(crate) env: Env,
    /// Since when the first of it does.
    pub(crate) since: DateTime<Utc>,
}

/// An event, and what commits to its payload.
#[derive(Debug)]
pub(crate) struct Queued {
    /// Its place in the queue.
    pub(crate) number: i64,
    /// Names it.
    pub(crate) event_id: Uuid,
    /// What was put down.
    pub(crate) recorded: Recorded,
    /// To its payload.
    pub(crate) commitment: PayloadCommitment,
}

/// The logs for which something waits, in the order of their names, at most so many behind this one. Looks once at each log,
/// however much waits.
pub(crate) async fn logs(client: &Client, after: Option<&Waiting>, logs_max: usize) -> Result<Vec<Waiting>, Failure> {
    let next = "
        WITH RECURSIVE log AS (
            (SELECT tenant_id, env, queued_at FROM audit_queue WHERE (tenant_id, env) > ($1::text, $2::text)
              ORDER BY tenant_id, env, number LIMIT 1)
            UNION ALL
            SELECT next.tenant_id, next.env, next.queued_at
              FROM log, LATERAL (
                   SELECT tenant_id, env, queued_at FROM audit_queue q
                    WHERE (q.tenant_id, q.env) > (log.tenant_id, log.env)
                    ORDER BY q.tenant_id, q.env, q.number LIMIT 1) AS next)
        SELECT tenant_id, env, queued_at FROM log LIMIT $3";
    let statement = client.prepare_cached(next).await?;
    let (tenant_id, env) = after.map_or(("", ""), |last| (last.tenant_id.as_str(), last.env.as_str()));
    let rows = client.query(&statement, &[&tenant_id, &env, &(logs_max as i64)]).await?;
    rows.iter().map(waiting).collect()
}

fn waiting(row: &Row) -> Result<Waiting, Failure> {
    let poison = |error| Failure::Poison(anyhow::Error::new(error));
    let (tenant_id, env): (&str, &str) = (row.get(0), row.get(1));
    let (tenant_id, env) = (tenant_id.parse().map_err(poison)?, env.parse().map_err(poison)?);
    Ok(Waiting { tenant_id, env, since: row.get(2) })
}

/// The events that wait for the log, at most so many: those that were put down first, in the order in which they happened.
/// The log's end must be locked.
pub(crate) async fn take(client: &Client, place: Place<'_>, events_max: usize) -> Result<Vec<Queued>, Failure> {
    let take = "
        SELECT q.number, e.payload::text, e.salt,
               e.event_id, e.ts, e.actor_id, e.actor_type, e.action, e.resource, e.outcome, e.request_id, e.trace_id,
               e.routing, e.train_ok
          FROM (SELECT number, event_id FROM audit_queue WHERE tenant_id = $1 AND env = $2 ORDER BY number LIMIT $3) AS q
          JOIN dataset_events e ON e.tenant_id = $1 AND e.env = $2 AND e.event_id = q.event_id
         ORDER BY e.ts, e.event_id";
    let (tenant_id, env, events_max) = (place.tenant_id.as_str(), place.env.as_str(), events_max as i64);
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&tenant_id, Type::TEXT), (&env, Type::TEXT), (&events_max, Type::INT8)];
    let rows = client.query_typed_raw(take, parameters).await?;
    // One at a time: payloads are large, and nothing of them is kept.
    let mut rows = pin!(rows);
    let mut queued = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let commitment = commitment(row.get(1), row.get(2)).map_err(Failure::Poison)?;
        queued.push(Queued { number: row.get(0), event_id: row.get(3), recorded: recorded(&row, 3), commitment });
    }
    Ok(queued)
}

/// What was erased before it came here is committed to as nothing. What can be stored and not be read is a text.
fn commitment(payload: Option<&str>, salt: Option<&[u8]>) -> anyhow::Result<PayloadCommitment> {
    let (Some(payload), Some(salt)) = (payload, salt) else { return Ok(PayloadCommitment::ERASED) };
    let salt = <&[u8; 32]>::try_from(salt).context("a salt of another length")?;
    let payload = serde_json::from_str(payload).unwrap_or_else(|_| Value::String(payload.to_owned()));
    Ok(PayloadCommitment::new(salt, &payload)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_payload_is_committed_to_whatever_it_is() {
        let salt = [7; 32];
        let check = |payload: Option<&str>, salt: Option<&[u8]>, expected: PayloadCommitment| {
            assert_eq!(commitment(payload, salt).unwrap(), expected, "{payload:?}");
        };
        let of = |value: Value| PayloadCommitment::new(&salt, &value).unwrap();
        check(Some(r#"{ "b": 1.0, "a": "é" }"#), Some(&salt), of(json!({ "a": "é", "b": 1 })));
        check(None, None, PayloadCommitment::ERASED);
        check(Some("{}"), None, PayloadCommitment::ERASED);
        let deep = "[".repeat(1_000) + &"]".repeat(1_000);
        check(Some(&deep), Some(&salt), of(json!(deep)));
        assert!(commitment(Some("{}"), Some(&salt[..31])).is_err());
    }
}
