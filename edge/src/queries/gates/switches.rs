//! Kill switches.

use super::{Place, Span};
use crate::queries::{QueryError, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use subjects::ids::TenantId;
use tokio_postgres::Row;

/// A kill switch that was ever touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KillSwitch {
    /// What it stops.
    pub target: SwitchTarget,
    /// Whether it stops it.
    pub thrown: bool,
    /// Why it was touched last.
    pub reason: String,
    /// Whether tenant-0 threw it, for all.
    pub is_for_all: bool,
    /// Who touched it last; null where that is tenant-0's business.
    pub actor_id: Option<String>,
    /// When.
    #[serde(with = "millis")]
    pub changed_at: DateTime<Utc>,
    #[serde(skip)]
    pub(crate) mark: String,
}

/// What a kill switch stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SwitchTarget {
    /// `everything`, `action`, `provider` or `autonomy`.
    #[schema(example = "action")]
    pub kind: String,
    /// The action or provider; null for the others.
    pub name: Option<String>,
}

/// `own` is the tenant, `system` tenant-0.
macro_rules! switch {
    ($rest:literal) => {
        concat!(
            "SELECT target_kind, target, thrown, reason, tenant_id = $3 AS is_for_all,
                    CASE WHEN tenant_id = $1 THEN actor_id END AS actor_id, changed_at,
                    concat(CASE WHEN tenant_id = $3 THEN '1' ELSE '0' END, target_kind, ' ', target) COLLATE \"C\" AS mark
               FROM kill_switches WHERE env = $2 ",
            $rest
        )
    };
}

/// The tenant's own, and those of tenant-0 that are thrown.
pub async fn list(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<KillSwitch>, QueryError> {
    const SQL: &str = concat!(
        "SELECT * FROM (",
        switch!("AND (tenant_id = $1 OR tenant_id = $3 AND thrown)"),
        ") AS it WHERE mark > $4 ORDER BY mark LIMIT $5"
    );
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let rows = rows(pool, tenant_id, SQL, &[&tenant, &env, &TenantId::SYSTEM, &span.text(), &span.limit]).await?;
    rows.iter().map(switch).collect()
}

/// One of the tenant's own.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    (kind, name): (&str, &str),
) -> Result<Option<KillSwitch>, QueryError> {
    const SQL: &str = switch!("AND tenant_id = $1 AND target_kind = $4 AND target = $5");
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let row = row(pool, tenant_id, SQL, &[&tenant, &env, &TenantId::SYSTEM, &kind, &name]).await?;
    row.as_ref().map(switch).transpose()
}

fn switch(row: &Row) -> Result<KillSwitch, QueryError> {
    let name: String = row.try_get("target")?;
    let target = SwitchTarget { kind: row.try_get("target_kind")?, name: Some(name).filter(|name| !name.is_empty()) };
    Ok(KillSwitch {
        target,
        thrown: row.try_get("thrown")?,
        reason: row.try_get("reason")?,
        is_for_all: row.try_get("is_for_all")?,
        actor_id: row.try_get("actor_id")?,
        changed_at: row.try_get("changed_at")?,
        mark: row.try_get("mark")?,
    })
}
