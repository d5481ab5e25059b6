//! Figures, their bounds on surfaces, and what was measured.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, put};
use crate::store::{Client, Place};
use subjects::gates::change::{NewCorridor, NewKpi, NewMeasurement};
use subjects::gates::text::Name;
use subjects::ids::SurfaceId;
use tokio_postgres::types::ToSql;

/// Puts a figure down.
pub(crate) async fn define(client: &Client, place: Place<'_>, new: &NewKpi, actor_id: &str) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO kpi_definitions (tenant_id, env, kpi, title, unit, defined_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM kpi_definitions
         WHERE tenant_id = $1 AND env = $2 AND kpi = $3 AND title = $4 AND unit = $5 AND defined_by = $6";
    let NewKpi { kpi, title, unit } = new;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    put(client, insert, same, &[&tenant_id, &env, &kpi.as_str(), &title.as_str(), &unit.as_str(), &actor_id]).await
}

/// The first of these that is no figure, in the order of their names.
pub(crate) async fn undefined<'a>(
    client: &Client,
    place: Place<'_>,
    kpis: impl Iterator<Item = &'a Name>,
) -> Result<Option<String>, Failure> {
    let undefined = "
        SELECT kpi FROM unnest($3::text[]) AS asked(kpi)
         WHERE NOT EXISTS (SELECT FROM kpi_definitions d WHERE d.tenant_id = $1 AND d.env = $2 AND d.kpi = asked.kpi)
         ORDER BY kpi LIMIT 1";
    let statement = client.prepare_cached(undefined).await?;
    let kpis: Vec<&str> = kpis.map(Name::as_str).collect();
    let row = client.query_opt(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &kpis]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Sets the bounds of a figure on a surface. Whether they are others than before.
pub(crate) async fn set_corridor(
    client: &Client,
    place: Place<'_>,
    corridor: &NewCorridor,
    actor_id: &str,
) -> Result<bool, Failure> {
    let set = "
        INSERT INTO kpi_corridors AS it (tenant_id, env, surface, kpi, min, max, set_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, env, surface, kpi)
        DO UPDATE SET min = excluded.min, max = excluded.max, set_by = excluded.set_by, set_at = clock_timestamp()
        WHERE (it.min, it.max) IS DISTINCT FROM (excluded.min, excluded.max)";
    let statement = client.prepare_cached(set).await?;
    let NewCorridor { surface, kpi, min, max } = corridor;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let parameters: &[&(dyn ToSql + Sync)] = &[&tenant_id, &env, &surface.as_str(), &kpi.as_str(), min, max, &actor_id];
    Ok(client.execute(&statement, parameters).await? > 0)
}

/// Takes the bounds of a figure away. Whether it had any.
pub(crate) async fn drop_corridor(
    client: &Client,
    place: Place<'_>,
    surface: &SurfaceId,
    kpi: &Name,
) -> Result<bool, Failure> {
    let drop = "DELETE FROM kpi_corridors WHERE tenant_id = $1 AND env = $2 AND surface = $3 AND kpi = $4";
    let statement = client.prepare_cached(drop).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    Ok(client.execute(&statement, &[&tenant_id, &env, &surface.as_str(), &kpi.as_str()]).await? > 0)
}

/// Puts a measurement down. Whether it was not there before.
pub(crate) async fn measure(
    client: &Client,
    place: Place<'_>,
    new: &NewMeasurement,
    actor_id: &str,
) -> Result<bool, Failure> {
    let measure = "
        INSERT INTO kpi_measurements (tenant_id, env, kpi, surface, measured_at, measurement_id, value, actor_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let statement = client.prepare_cached(measure).await?;
    let NewMeasurement { measurement_id, kpi, surface, value, measured_at } = new;
    let surface = surface.as_ref().map_or("", |surface| surface.as_str());
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&tenant_id, &env, &kpi.as_str(), &surface, measured_at, measurement_id, value, &actor_id];
    Ok(client.execute(&statement, parameters).await? > 0)
}
