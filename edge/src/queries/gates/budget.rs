//! What may be spent, and what was.

use super::{Place, Span};
use crate::queries::{QueryError, count, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use subjects::money::decimal;
use tokio_postgres::Row;
use uuid::Uuid;

/// A limit of what may be spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LimitBody {
    /// Names it.
    pub limit_id: String,
    /// Of which surface; null limits all together.
    pub surface: Option<String>,
    /// In which time: `hour` (60 minutes), `day` (24 hours) or `month` (30 days), up to now.
    #[schema(example = "day")]
    pub window: String,
    /// The most, as a decimal.
    #[schema(example = "100")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
    /// By whom.
    pub set_by: String,
    /// When.
    #[serde(with = "millis")]
    pub set_at: DateTime<Utc>,
}

/// A limit, and how much of it is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LimitSummary {
    #[serde(flatten)]
    pub(crate) limit: LimitBody,
    /// What was spent in the window, as a decimal.
    #[schema(example = "12.5")]
    pub spent: String,
    /// What actions under way may still spend.
    #[schema(example = "0")]
    pub reserved: String,
    /// What is left; 0 where more was spent than may be.
    #[schema(example = "87.5")]
    pub left: String,
}

/// What was spent once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UsageSaid {
    /// Names it; the action's id where an action spent it.
    pub usage_id: Uuid,
    /// How much, as a decimal.
    #[schema(example = "12.5")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
    /// Where.
    pub surface: Option<String>,
    /// Through whom.
    pub provider: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// Who told it.
    pub actor_id: String,
    /// When it was spent.
    #[serde(with = "millis")]
    pub used_at: DateTime<Utc>,
}

/// Which limit.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Of which surface.
    pub surface: Option<&'a str>,
    /// In which time.
    pub window: &'a str,
    /// In which currency.
    pub currency: &'a str,
}

/// Limits by `limit_id`.
pub async fn limits(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<LimitBody>, QueryError> {
    const SQL: &str = "SELECT limit_id, surface, time_window, most_micros, currency, set_by, set_at FROM budget_limits
        WHERE tenant_id = $1 AND env = $2 AND limit_id COLLATE \"C\" > $3 ORDER BY limit_id COLLATE \"C\" LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    rows.iter().map(limit).collect()
}

/// The limit of a surface, window and currency, if there is one.
pub async fn find_limit(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    scope: Scope<'_>,
) -> Result<Option<LimitBody>, QueryError> {
    const SQL: &str = "SELECT limit_id, surface, time_window, most_micros, currency, set_by, set_at FROM budget_limits
        WHERE tenant_id = $1 AND env = $2 AND coalesce(surface, '') = coalesce($3, '') AND time_window = $4
          AND currency = $5";
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let row = row(pool, tenant_id, SQL, &[&tenant, &env, &scope.surface, &scope.window, &scope.currency]).await?;
    row.as_ref().map(limit).transpose()
}

/// Limits by `limit_id`, with what was spent and is reserved of each.
pub async fn summary(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<LimitSummary>, QueryError> {
    const SQL: &str = "SELECT l.limit_id, l.surface, l.time_window, l.most_micros, l.currency, l.set_by, l.set_at,
            least(u.micros, 9223372036854775807)::bigint AS spent, least(r.micros, 9223372036854775807)::bigint AS reserved
        FROM budget_limits l
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(micros), 0) AS micros FROM budget_usage u
             WHERE u.tenant_id = l.tenant_id AND u.env = l.env AND u.currency = l.currency
               AND (l.surface IS NULL OR u.surface = l.surface)
               AND u.used_at > clock_timestamp() - CASE l.time_window WHEN 'hour' THEN interval '60 minutes'
                       WHEN 'day' THEN interval '24 hours' ELSE interval '30 days' END) u
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(micros), 0) AS micros FROM budget_reservations r
             WHERE r.tenant_id = l.tenant_id AND r.env = l.env AND r.currency = l.currency
               AND (l.surface IS NULL OR r.surface = l.surface)) r
        WHERE l.tenant_id = $1 AND l.env = $2 AND l.limit_id COLLATE \"C\" > $3
        ORDER BY l.limit_id COLLATE \"C\" LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    rows.iter().map(summed).collect()
}

/// What was spent, by `usage_id`, the last first.
pub async fn usage(pool: &Pool, (tenant_id, env): Place<'_>, span: &Span<Uuid>) -> Result<Vec<UsageSaid>, QueryError> {
    const SQL: &str = "SELECT usage_id, surface, provider, micros, currency, note, actor_id, used_at FROM budget_usage
        WHERE tenant_id = $1 AND env = $2 AND ($3::uuid IS NULL OR usage_id < $3) ORDER BY usage_id DESC LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.after, &span.limit]).await?;
    rows.iter().map(used).collect()
}

/// What was spent under this name, if anything was.
pub async fn find_usage(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    usage_id: Uuid,
) -> Result<Option<UsageSaid>, QueryError> {
    const SQL: &str = "SELECT usage_id, surface, provider, micros, currency, note, actor_id, used_at FROM budget_usage
        WHERE tenant_id = $1 AND env = $2 AND usage_id = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &usage_id]).await?;
    row.as_ref().map(used).transpose()
}

fn limit(row: &Row) -> Result<LimitBody, QueryError> {
    Ok(LimitBody {
        limit_id: row.try_get("limit_id")?,
        surface: row.try_get("surface")?,
        window: row.try_get("time_window")?,
        amount: decimal(count(row, "most_micros")?),
        currency: row.try_get("currency")?,
        set_by: row.try_get("set_by")?,
        set_at: row.try_get("set_at")?,
    })
}

fn summed(row: &Row) -> Result<LimitSummary, QueryError> {
    let (most, spent, reserved) = (count(row, "most_micros")?, count(row, "spent")?, count(row, "reserved")?);
    let left = most.saturating_sub(spent).saturating_sub(reserved);
    Ok(LimitSummary { limit: limit(row)?, spent: decimal(spent), reserved: decimal(reserved), left: decimal(left) })
}

fn used(row: &Row) -> Result<UsageSaid, QueryError> {
    Ok(UsageSaid {
        usage_id: row.try_get("usage_id")?,
        amount: decimal(count(row, "micros")?),
        currency: row.try_get("currency")?,
        surface: row.try_get("surface")?,
        provider: row.try_get("provider")?,
        note: row.try_get("note")?,
        actor_id: row.try_get("actor_id")?,
        used_at: row.try_get("used_at")?,
    })
}
