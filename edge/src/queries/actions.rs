//! Actions, what was decided about them, and how they stand.

use super::{QueryError, count, id, row, rows, word};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use subjects::action::ActionStatus;
use subjects::ids::{ActorId, ActorType, Env, TenantId};
use subjects::money::Money;
use tokio_postgres::Row;
use uuid::Uuid;

/// An action, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Names it.
    pub action_id: Uuid,
    /// What is to be done.
    pub action: String,
    /// What kind of being does it.
    pub subject_type: String,
    /// Who.
    pub subject_id: String,
    /// Where.
    pub surface: Option<String>,
    /// Through whom.
    pub provider: Option<String>,
    /// What it costs.
    pub cost: Option<Money>,
    /// What whoever carries it out is told, as JSON.
    pub payload: Option<String>,
    /// Who carries it out.
    pub webhook_url: Option<String>,
    /// Who asked for it.
    pub actor_id: ActorId,
    /// What kind of being that is.
    pub actor_type: ActorType,
    /// What was decided on, as it was serialised.
    pub facts: String,
    /// What was decided, as it was serialised.
    pub decision: String,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// How far it is.
    pub status: ActionStatus,
    /// How often it was offered.
    pub attempts: u32,
    /// When it is offered again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Why the last attempt did not do.
    pub last_error: Option<String>,
    /// When it ended.
    pub settled_at: Option<DateTime<Utc>>,
}

macro_rules! action {
    ($rest:literal) => {
        concat!(
            "SELECT action_id, action, subject_type, subject_id, surface, provider, cost_micros, cost_currency,
                    payload::text AS payload, webhook_url, actor_id, actor_type, facts, decision, decided_at, status, attempts,
                    next_attempt_at, last_error, settled_at
               FROM actions WHERE tenant_id = $1 AND env = $2 ",
            $rest
        )
    };
}

/// The action of this name, if there is one.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    action_id: Uuid,
) -> Result<Option<Action>, QueryError> {
    const SQL: &str = action!("AND action_id = $3");
    let found = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &action_id]).await?;
    found.as_ref().map(action).transpose()
}

/// The actions of a tenant and env, by `action_id`, beginning behind `after`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Action>, QueryError> {
    const SQL: &str = action!("AND ($3::uuid IS NULL OR action_id > $3) ORDER BY action_id LIMIT $4");
    let limit = limit as i64;
    let found = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &after, &limit]).await?;
    found.iter().map(action).collect()
}

fn action(row: &Row) -> Result<Action, QueryError> {
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Action {
        action_id: row.try_get("action_id")?,
        action: row.try_get("action")?,
        subject_type: row.try_get("subject_type")?,
        subject_id: row.try_get("subject_id")?,
        surface: row.try_get("surface")?,
        provider: row.try_get("provider")?,
        cost: cost(row)?,
        payload: row.try_get("payload")?,
        webhook_url: row.try_get("webhook_url")?,
        actor_id: id(row, "actor_id")?,
        actor_type: id(row, "actor_type")?,
        facts: row.try_get("facts")?,
        decision: row.try_get("decision")?,
        decided_at: row.try_get("decided_at")?,
        status: word(row, "status")?,
        attempts: attempts.unsigned_abs(),
        next_attempt_at: row.try_get("next_attempt_at")?,
        last_error: row.try_get("last_error")?,
        settled_at: row.try_get("settled_at")?,
    })
}

fn cost(row: &Row) -> Result<Option<Money>, QueryError> {
    let Some(currency) = row.try_get::<_, Option<&str>>("cost_currency")? else { return Ok(None) };
    let currency = currency.parse().map_err(|_| QueryError::Odd("cost_currency is none".into()))?;
    Ok(Some(Money { micros: count(row, "cost_micros")?, currency }))
}
