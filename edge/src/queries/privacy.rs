//! Who lets others learn from what they do, and what may be learned from.

use super::{QueryError, only, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde_json::Value;
use subjects::ids::{ActorId, Env, TenantId};
use tokio_postgres::Row;
use uuid::Uuid;

/// Who said what about learning, and what follows for one actor in one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefs {
    /// The tenant's word, if it gave one.
    pub tenant: Option<bool>,
    /// The actor's, if they gave one.
    pub user: Option<bool>,
    /// What holds where a tenant said nothing: tenant-0's word.
    pub default: bool,
    /// Whether others may learn from what the actor does there.
    pub train_ok: bool,
}

/// What was said by a tenant, one of its actors and tenant-0, as of one moment.
pub async fn prefs(pool: &Pool, tenant_id: &TenantId, actor_id: &ActorId) -> Result<Prefs, QueryError> {
    const SQL: &str = "SELECT
        (SELECT train_ok FROM train_prefs WHERE tenant_id = $1 AND user_id = '') AS tenant,
        (SELECT train_ok FROM train_prefs WHERE tenant_id = $1 AND user_id = $2) AS person,
        coalesce((SELECT train_ok FROM train_prefs WHERE tenant_id = $3 AND user_id = ''), true) AS for_all,
        train_ok($1, $2) AS follows";
    let row = only(pool, tenant_id, SQL, &[&tenant_id.as_str(), &actor_id.as_str(), &TenantId::SYSTEM]).await?;
    Ok(Prefs {
        tenant: row.try_get("tenant")?,
        user: row.try_get("person")?,
        default: row.try_get("for_all")?,
        train_ok: row.try_get("follows")?,
    })
}

/// An event that others may learn from.
#[derive(Debug, Clone)]
pub struct Learnable {
    /// When.
    pub ts: DateTime<Utc>,
    /// Who. Not for others' eyes.
    pub actor_id: String,
    /// What kind of being.
    pub actor_type: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// What came of it.
    pub outcome: String,
    /// Where, below tenant and env.
    pub routing: Value,
    /// What else there is to know, without personal data as far as it was found then.
    pub payload: Value,
    /// The kinds that were taken out.
    pub pii: Vec<String>,
    /// By which version; empty for none.
    pub redactor: String,
}

/// A part of a tenant's events in an env.
#[derive(Debug)]
pub struct Page {
    /// What may be learned from.
    pub learnable: Vec<Learnable>,
    /// The last event that was looked at; none where there are no more.
    pub last: Option<Uuid>,
}

/// What may be learned from among the next `limit` events behind `after`: neither was it forbidden when it happened, nor is it
/// now, nor is it erased.
pub async fn learnable(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    after: Uuid,
    limit: usize,
) -> Result<Page, QueryError> {
    const SQL: &str = "SELECT event_id, may_learn, ts, actor_id, actor_type, action, resource, outcome, pii, redactor,
            CASE WHEN may_learn THEN routing END AS routing, CASE WHEN may_learn THEN payload END AS payload
        FROM (SELECT *, train_ok AND payload IS NOT NULL AND train_ok(tenant_id, actor_id) AS may_learn FROM dataset_events
               WHERE tenant_id = $1 AND env = $2 AND event_id > $3 ORDER BY event_id LIMIT $4) page
        ORDER BY event_id";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &after, &(limit as i64)]).await?;
    let last = if rows.len() < limit { None } else { rows.last().map(|row| row.try_get("event_id")).transpose()? };
    let mut page = Page { learnable: Vec::new(), last };
    for row in &rows {
        if row.try_get("may_learn")? {
            page.learnable.push(event(row)?);
        }
    }
    Ok(page)
}

fn event(row: &Row) -> Result<Learnable, QueryError> {
    Ok(Learnable {
        ts: row.try_get("ts")?,
        actor_id: row.try_get("actor_id")?,
        actor_type: row.try_get("actor_type")?,
        action: row.try_get("action")?,
        resource: row.try_get("resource")?,
        outcome: row.try_get("outcome")?,
        routing: row.try_get("routing")?,
        payload: row.try_get("payload")?,
        pii: row.try_get("pii")?,
        redactor: row.try_get("redactor")?,
    })
}
