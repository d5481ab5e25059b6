//! Strategy locks.

use super::{Place, Span, maybe_millis};
use crate::gates::money::MoneySaid;
use crate::queries::{QueryError, count, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use subjects::money::{InvalidCurrency, Money};
use tokio_postgres::Row;

/// A strategy lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LockBody {
    /// Names it.
    pub lock_id: String,
    /// For people.
    pub title: String,
    /// `draft`, `approved`, `rejected` or `expired`.
    #[schema(example = "approved")]
    pub state: String,
    /// What it allows.
    pub allowed_actions: Vec<String>,
    /// What it is tied to.
    pub constraints: LockConstraints,
    /// From when.
    #[serde(with = "millis")]
    pub valid_from: DateTime<Utc>,
    /// Until when, not including.
    #[serde(with = "millis")]
    pub valid_until: DateTime<Utc>,
    /// The three-wise question whose verdict it needs, if it names one.
    pub question_id: Option<String>,
    /// By whom.
    pub drafted_by: String,
    /// When.
    #[serde(with = "millis")]
    pub drafted_at: DateTime<Utc>,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    #[serde(serialize_with = "maybe_millis")]
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, where it was said.
    pub reason: Option<String>,
}

/// What a strategy lock is tied to. Null means anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LockConstraints {
    /// On which surfaces.
    pub surfaces: Option<Vec<String>>,
    /// Through which providers.
    pub providers: Option<Vec<String>>,
    /// What an action may cost at most.
    pub cost_max: Option<MoneySaid>,
}

macro_rules! lock {
    ($rest:literal) => {
        concat!(
            "SELECT lock_id, title, allowed_actions, surfaces, providers, cost_micros_max, cost_currency, valid_from,
                    valid_until, question_id, drafted_by, drafted_at, decided_by, decided_at, reason,
                    CASE WHEN state <> 'rejected' AND valid_until <= clock_timestamp() THEN 'expired' ELSE state END AS state
               FROM strategy_locks WHERE tenant_id = $1 AND env = $2 ",
            $rest
        )
    };
}

/// Locks by `lock_id`, of an action where one is named.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    action: Option<&str>,
    span: &Span<String>,
) -> Result<Vec<LockBody>, QueryError> {
    const SQL: &str = lock!(
        "AND ($3::text IS NULL OR allowed_actions @> ARRAY[$3]) AND lock_id COLLATE \"C\" > $4
         ORDER BY lock_id COLLATE \"C\" LIMIT $5"
    );
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let rows = rows(pool, tenant_id, SQL, &[&tenant, &env, &action, &span.text(), &span.limit]).await?;
    rows.iter().map(lock).collect()
}

/// The lock of this name, if there is one.
pub async fn find(pool: &Pool, (tenant_id, env): Place<'_>, lock_id: &str) -> Result<Option<LockBody>, QueryError> {
    const SQL: &str = lock!("AND lock_id = $3");
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &lock_id]).await?;
    row.as_ref().map(lock).transpose()
}

fn lock(row: &Row) -> Result<LockBody, QueryError> {
    let constraints = LockConstraints {
        surfaces: row.try_get("surfaces")?,
        providers: row.try_get("providers")?,
        cost_max: cost_max(row)?,
    };
    Ok(LockBody {
        lock_id: row.try_get("lock_id")?,
        title: row.try_get("title")?,
        state: row.try_get("state")?,
        allowed_actions: row.try_get("allowed_actions")?,
        constraints,
        valid_from: row.try_get("valid_from")?,
        valid_until: row.try_get("valid_until")?,
        question_id: row.try_get("question_id")?,
        drafted_by: row.try_get("drafted_by")?,
        drafted_at: row.try_get("drafted_at")?,
        decided_by: row.try_get("decided_by")?,
        decided_at: row.try_get("decided_at")?,
        reason: row.try_get("reason")?,
    })
}

fn cost_max(row: &Row) -> Result<Option<MoneySaid>, QueryError> {
    let currency: Option<&str> = row.try_get("cost_currency")?;
    let Some(currency) = currency else { return Ok(None) };
    let currency = currency.parse().map_err(|invalid: InvalidCurrency| QueryError::Odd(invalid.to_string()))?;
    Ok(Some(Money { micros: count(row, "cost_micros_max")?, currency }.into()))
}
