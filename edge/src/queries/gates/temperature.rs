//! The temperature: what it is made of, and what it was.

use super::{Place, Span};
use crate::queries::{QueryError, rows};
use chrono::{DateTime, Utc};
use gates::{Measurement, Temperature, Term};
use node::postgres::Pool;
use serde::Serialize;
use serde_json::Value;
use subjects::event::millis;
use tokio_postgres::Row;
use uuid::Uuid;

/// The temperature as it was after a change of what it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PastTemperature {
    /// Names the entry.
    pub entry_id: Uuid,
    /// Since when.
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    /// What it was; null where nothing that counts was measured.
    pub value: Option<f64>,
    /// The bounds that did not hold.
    #[schema(value_type = Vec<Object>)]
    pub breaches: Value,
    /// What it was made of, by figure.
    #[schema(value_type = Object)]
    pub terms: Value,
}

/// The temperature as it stands: each term with its latest measurement of the tenant and env as a whole.
pub async fn current(pool: &Pool, (tenant_id, env): Place<'_>) -> Result<Temperature, QueryError> {
    const SQL: &str = "SELECT t.kpi, t.weight, t.floor, t.ceiling, m.value, m.measured_at FROM temperature_terms t
        LEFT JOIN LATERAL (
            SELECT value, measured_at FROM kpi_measurements m
             WHERE m.tenant_id = t.tenant_id AND m.env = t.env AND m.kpi = t.kpi AND m.surface = ''
             ORDER BY measured_at DESC, measurement_id DESC LIMIT 1) m ON true
        WHERE t.tenant_id = $1 AND t.env = $2";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str()]).await?;
    let terms = rows.iter().map(|row| Ok((row.try_get("kpi")?, term(row)?)));
    Ok(Temperature { terms: terms.collect::<Result<_, QueryError>>()? })
}

/// What the temperature was, the last first.
pub async fn history(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<Uuid>,
) -> Result<Vec<PastTemperature>, QueryError> {
    const SQL: &str = "SELECT entry_id, at, value, breaches, terms FROM temperature_history
        WHERE tenant_id = $1 AND env = $2 AND ($3::uuid IS NULL OR entry_id < $3) ORDER BY entry_id DESC LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.after, &span.limit]).await?;
    rows.iter().map(past).collect()
}

fn term(row: &Row) -> Result<Term, QueryError> {
    let (value, at): (Option<f64>, Option<DateTime<Utc>>) = (row.try_get("value")?, row.try_get("measured_at")?);
    let latest = value.zip(at).map(|(value, at)| Measurement { value, at });
    let (weight, floor, ceiling) = (row.try_get("weight")?, row.try_get("floor")?, row.try_get("ceiling")?);
    Ok(Term { weight, floor, ceiling, latest })
}

fn past(row: &Row) -> Result<PastTemperature, QueryError> {
    Ok(PastTemperature {
        entry_id: row.try_get("entry_id")?,
        at: row.try_get("at")?,
        value: row.try_get("value")?,
        breaches: row.try_get("breaches")?,
        terms: row.try_get("terms")?,
    })
}
