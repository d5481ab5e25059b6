//! Figures, their bounds, and what was measured.

use super::{Place, Span};
use crate::queries::{QueryError, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use serde::Serialize;
use subjects::event::millis;
use tokio_postgres::Row;
use uuid::Uuid;

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KpiBody {
    /// Names it.
    #[schema(example = "checkout.conversion")]
    pub kpi: String,
    /// For people.
    pub title: String,
    /// What its numbers count.
    #[schema(example = "percent")]
    pub unit: String,
    /// By whom.
    pub defined_by: String,
    /// When.
    #[serde(with = "millis")]
    pub defined_at: DateTime<Utc>,
}

/// The bounds of a figure on a surface.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CorridorSaid {
    /// On which surface.
    pub surface: String,
    /// Which figure.
    pub kpi: String,
    /// Not below this.
    pub min: Option<f64>,
    /// Not above this.
    pub max: Option<f64>,
    /// By whom.
    pub set_by: String,
    /// When.
    #[serde(with = "millis")]
    pub set_at: DateTime<Utc>,
}

impl CorridorSaid {
    /// Its place among the others. An identifier holds no blank.
    pub(crate) fn mark(&self) -> String {
        format!("{} {}", self.surface, self.kpi)
    }
}

/// What was measured once.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MeasurementSaid {
    /// Names it.
    pub measurement_id: Uuid,
    /// Which figure.
    pub kpi: String,
    /// On which surface; null for the tenant and env as a whole.
    pub surface: Option<String>,
    /// What it was.
    pub value: f64,
    /// When it was measured.
    #[serde(with = "millis")]
    pub measured_at: DateTime<Utc>,
    /// Who told it.
    pub actor_id: String,
}

/// Figures by their names.
pub async fn definitions(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    span: &Span<String>,
) -> Result<Vec<KpiBody>, QueryError> {
    const SQL: &str = "SELECT kpi, title, unit, defined_by, defined_at FROM kpi_definitions
        WHERE tenant_id = $1 AND env = $2 AND kpi COLLATE \"C\" > $3 ORDER BY kpi COLLATE \"C\" LIMIT $4";
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &span.text(), &span.limit]).await?;
    rows.iter().map(definition).collect()
}

/// The figure of this name, if there is one.
pub async fn find_definition(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    kpi: &str,
) -> Result<Option<KpiBody>, QueryError> {
    const SQL: &str = "SELECT kpi, title, unit, defined_by, defined_at FROM kpi_definitions
        WHERE tenant_id = $1 AND env = $2 AND kpi = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &kpi]).await?;
    row.as_ref().map(definition).transpose()
}

/// Corridors by surface and figure, of one surface where one is named.
pub async fn corridors(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    surface: Option<&str>,
    span: &Span<String>,
) -> Result<Vec<CorridorSaid>, QueryError> {
    const SQL: &str = "SELECT surface, kpi, min, max, set_by, set_at FROM kpi_corridors
        WHERE tenant_id = $1 AND env = $2 AND ($3::text IS NULL OR surface = $3)
          AND (surface || ' ' || kpi) COLLATE \"C\" > $4 ORDER BY (surface || ' ' || kpi) COLLATE \"C\" LIMIT $5";
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let rows = rows(pool, tenant_id, SQL, &[&tenant, &env, &surface, &span.text(), &span.limit]).await?;
    rows.iter().map(corridor).collect()
}

/// The bounds of a figure on a surface, if it has any.
pub async fn find_corridor(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    (surface, kpi): (&str, &str),
) -> Result<Option<CorridorSaid>, QueryError> {
    const SQL: &str = "SELECT surface, kpi, min, max, set_by, set_at FROM kpi_corridors
        WHERE tenant_id = $1 AND env = $2 AND surface = $3 AND kpi = $4";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &surface, &kpi]).await?;
    row.as_ref().map(corridor).transpose()
}

/// What was measured, the last told first, of one figure and surface where those are named.
pub async fn measurements(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    (kpi, surface): (Option<&str>, Option<&str>),
    span: &Span<Uuid>,
) -> Result<Vec<MeasurementSaid>, QueryError> {
    const SQL: &str = "SELECT measurement_id, kpi, surface, value, measured_at, actor_id FROM kpi_measurements
        WHERE tenant_id = $1 AND env = $2 AND ($3::text IS NULL OR kpi = $3) AND ($4::text IS NULL OR surface = $4)
          AND ($5::uuid IS NULL OR measurement_id < $5) ORDER BY measurement_id DESC LIMIT $6";
    let (tenant, env) = (tenant_id.as_str(), env.as_str());
    let rows = rows(pool, tenant_id, SQL, &[&tenant, &env, &kpi, &surface, &span.after, &span.limit]).await?;
    rows.iter().map(measurement).collect()
}

/// What was measured under this name, if anything was.
pub async fn find_measurement(
    pool: &Pool,
    (tenant_id, env): Place<'_>,
    measurement_id: Uuid,
) -> Result<Option<MeasurementSaid>, QueryError> {
    const SQL: &str = "SELECT measurement_id, kpi, surface, value, measured_at, actor_id FROM kpi_measurements
        WHERE tenant_id = $1 AND env = $2 AND measurement_id = $3";
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &measurement_id]).await?;
    row.as_ref().map(measurement).transpose()
}

fn definition(row: &Row) -> Result<KpiBody, QueryError> {
    Ok(KpiBody {
        kpi: row.try_get("kpi")?,
        title: row.try_get("title")?,
        unit: row.try_get("unit")?,
        defined_by: row.try_get("defined_by")?,
        defined_at: row.try_get("defined_at")?,
    })
}

fn corridor(row: &Row) -> Result<CorridorSaid, QueryError> {
    Ok(CorridorSaid {
        surface: row.try_get("surface")?,
        kpi: row.try_get("kpi")?,
        min: row.try_get("min")?,
        max: row.try_get("max")?,
        set_by: row.try_get("set_by")?,
        set_at: row.try_get("set_at")?,
    })
}

fn measurement(row: &Row) -> Result<MeasurementSaid, QueryError> {
    let surface: String = row.try_get("surface")?;
    Ok(MeasurementSaid {
        measurement_id: row.try_get("measurement_id")?,
        kpi: row.try_get("kpi")?,
        surface: Some(surface).filter(|surface| !surface.is_empty()),
        value: row.try_get("value")?,
        measured_at: row.try_get("measured_at")?,
        actor_id: row.try_get("actor_id")?,
    })
}
