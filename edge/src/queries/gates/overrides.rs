//! Owners' words against what is unknown.

use super::{Place, Span, maybe_millis};
use crate::queries::{QueryError, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use tokio_postgres::Row;

/// An owner's word against what is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OverrideSaid {
    /// Names it.
    pub override_id: String,
    /// At which gate.
    #[schema(example = "kpi")]
    pub gate: String,
    /// For which action; null means all.
    pub action: Option<String>,
    /// Why.
    pub reason: String,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    pub state: String,
    /// Until when, not including.
    #[serde(with = "millis")]
    pub expires_at: DateTime<Utc>,
    /// By whom.
    pub made_by: String,
    /// When.
    #[serde(with = "millis")]
    pub made_at: DateTime<Utc>,
    /// When it was taken back, if it was.
    #[serde(serialize_with = "maybe_millis")]
    pub revoked_at: Option<DateTime<Utc>>,
}

macro_rules! overriding {
    ($rest:literal) => {
        concat!(
            "SELECT override_id, gate, action, reason, expires_at, made_by, made_at, revoked_at,
                    CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                         WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'active' END AS state
               FROM gate_overrides WHERE tenant_id = $1 AND env = $2 ",
            $rest
        )
    };
}

/// Overrides by `override_id`.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<OverrideSaid>, QueryError> {
    const SQL: &str = overriding!("AND override_id COLLATE \"C\" > $3 ORDER BY override_id COLLATE \"C\" LIMIT $4");
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    rows.iter().map(overriding).collect()
}

/// The override of this name, if there is one.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    override_id: &str,
) -> Result<Option<OverrideSaid>, QueryError> {
    const SQL: &str = overriding!("AND override_id = $3");
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &override_id]).await?;
    row.as_ref().map(overriding).transpose()
}

fn overriding(row: &Row) -> Result<OverrideSaid, QueryError> {
    Ok(OverrideSaid {
        override_id: row.try_get("override_id")?,
        gate: row.try_get("gate")?,
        action: row.try_get("action")?,
        reason: row.try_get("reason")?,
        state: row.try_get("state")?,
        expires_at: row.try_get("expires_at")?,
        made_by: row.try_get("made_by")?,
        made_at: row.try_get("made_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
