//! What the temperature is made of, and what it was.

use crate::runtime::worker::Failure;
use crate::store::{Client, Place};
use chrono::{DateTime, Utc};
use gates::{Measurement, Temperature, Term};
use serde_json::json;
use subjects::gates::change::Terms;
use tokio_postgres::Row;
use uuid::Uuid;

/// The temperature as it stands: each term with its latest measurement of the tenant and env as a whole.
pub(crate) async fn read(client: &Client, place: Place<'_>) -> Result<Temperature, Failure> {
    let read = "
        SELECT t.kpi, t.weight, t.floor, t.ceiling, m.value, m.measured_at
          FROM temperature_terms t
          LEFT JOIN LATERAL (
              SELECT value, measured_at FROM kpi_measurements m
               WHERE m.tenant_id = t.tenant_id AND m.env = t.env AND m.kpi = t.kpi AND m.surface = ''
               ORDER BY measured_at DESC, measurement_id DESC LIMIT 1
          ) m ON true
         WHERE t.tenant_id = $1 AND t.env = $2";
    let statement = client.prepare_cached(read).await?;
    let rows = client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    Ok(Temperature { terms: rows.iter().map(|row| (row.get(0), term(row))).collect() })
}

fn term(row: &Row) -> Term {
    let latest = row.get::<_, Option<f64>>(4).zip(row.get::<_, Option<DateTime<Utc>>>(5));
    let latest = latest.map(|(value, at)| Measurement { value, at });
    Term { weight: row.get(1), floor: row.get(2), ceiling: row.get(3), latest }
}

/// Lets one of a term's three numbers be another; none takes it away.
pub(crate) async fn set(
    client: &Client,
    place: Place<'_>,
    (kpi, what, value): (&str, Terms, Option<f64>),
    actor_id: &str,
) -> Result<(), Failure> {
    let set = match what {
        Terms::Floors => {
            "INSERT INTO temperature_terms (tenant_id, env, kpi, floor, set_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant_id, env, kpi)
             DO UPDATE SET floor = excluded.floor, set_by = excluded.set_by, set_at = clock_timestamp()"
        }
        Terms::Ceilings => {
            "INSERT INTO temperature_terms (tenant_id, env, kpi, ceiling, set_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant_id, env, kpi)
             DO UPDATE SET ceiling = excluded.ceiling, set_by = excluded.set_by, set_at = clock_timestamp()"
        }
        Terms::Weights => {
            "INSERT INTO temperature_terms (tenant_id, env, kpi, weight, set_by)
             VALUES ($1, $2, $3, coalesce($4, 0::double precision), $5)
             ON CONFLICT (tenant_id, env, kpi)
             DO UPDATE SET weight = excluded.weight, set_by = excluded.set_by, set_at = clock_timestamp()"
        }
    };
    let statement = client.prepare_cached(set).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &kpi, &value, &actor_id]).await?;
    Ok(())
}

/// Forgets the terms that neither count nor demand anything.
pub(crate) async fn forget_empty(client: &Client, place: Place<'_>) -> Result<(), Failure> {
    let forget = "
        DELETE FROM temperature_terms
         WHERE tenant_id = $1 AND env = $2 AND weight = 0 AND floor IS NULL AND ceiling IS NULL";
    let statement = client.prepare_cached(forget).await?;
    client.execute(&statement, &[&place.tenant_id.as_str(), &place.env.as_str()]).await?;
    Ok(())
}

/// Puts the temperature down, as it is at this moment.
pub(crate) async fn keep(
    client: &Client,
    place: Place<'_>,
    temperature: &Temperature,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let keep = "
        INSERT INTO temperature_history (tenant_id, env, at, entry_id, value, breaches, terms)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = client.prepare_cached(keep).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (breaches, terms) = (json!(temperature.breaches()), json!(temperature.terms));
    client
        .execute(&statement, &[&tenant_id, &env, &at, &Uuid::now_v7(), &temperature.value(), &breaches, &terms])
        .await?;
    Ok(())
}
