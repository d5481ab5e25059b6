//! What may be spent, and what others tell was.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, put};
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use chrono::{DateTime, Utc};
use subjects::gates::change::{NewLimit, NewUsage};
use subjects::ids::LimitId;
use tokio_postgres::types::ToSql;

/// Another limit of the same surface, window and currency, if there is one.
pub(crate) async fn rival(client: &Client, place: Place<'_>, limit: &NewLimit) -> Result<Option<String>, Failure> {
    let rival = "
        SELECT limit_id FROM budget_limits
         WHERE tenant_id = $1 AND env = $2 AND coalesce(surface, '') = coalesce($3, '') AND time_window = $4
           AND currency = $5 AND limit_id <> $6";
    let statement = client.prepare_cached(rival).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let (surface, currency) = (limit.surface.as_ref().map(|surface| surface.as_str()), limit.most.currency.as_str());
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&tenant_id, &env, &surface, &limit.window.as_str(), &currency, &limit.limit_id.as_str()];
    Ok(client.query_opt(&statement, parameters).await?.map(|row| row.get(0)))
}

/// Sets a limit. Whether it is another than before.
pub(crate) async fn set_limit(
    client: &Client,
    place: Place<'_>,
    limit: &NewLimit,
    actor_id: &str,
) -> Result<bool, Failure> {
    let set = "
        INSERT INTO budget_limits AS it (tenant_id, env, limit_id, surface, time_window, most_micros, currency, set_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (tenant_id, env, limit_id)
        DO UPDATE SET surface = excluded.surface, time_window = excluded.time_window, most_micros = excluded.most_micros,
                      currency = excluded.currency, set_by = excluded.set_by, set_at = clock_timestamp()
        WHERE (it.surface, it.time_window, it.most_micros, it.currency)
              IS DISTINCT FROM (excluded.surface, excluded.time_window, excluded.most_micros, excluded.currency)";
    let statement = client.prepare_cached(set).await?;
    let NewLimit { limit_id, surface, window, most } = limit;
    let surface = surface.as_ref().map(|surface| surface.as_str());
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &place.tenant_id.as_str(),
        &place.env.as_str(),
        &limit_id.as_str(),
        &surface,
        &window.as_str(),
        &to_sql(most.micros),
        &most.currency.as_str(),
        &actor_id,
    ];
    Ok(client.execute(&statement, parameters).await? > 0)
}

/// Lifts a limit. Whether there was one.
pub(crate) async fn drop_limit(client: &Client, place: Place<'_>, limit_id: &LimitId) -> Result<bool, Failure> {
    let drop = "DELETE FROM budget_limits WHERE tenant_id = $1 AND env = $2 AND limit_id = $3";
    let statement = client.prepare_cached(drop).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    Ok(client.execute(&statement, &[&tenant_id, &env, &limit_id.as_str()]).await? > 0)
}

/// Puts down what was spent. `at` is when, if nothing else is said.
pub(crate) async fn record(
    client: &Client,
    place: Place<'_>,
    usage: &NewUsage,
    (actor_id, at): (&str, DateTime<Utc>),
) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO budget_usage (tenant_id, env, usage_id, surface, provider, micros, currency, note, actor_id, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, $11::timestamptz)) ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM budget_usage
         WHERE tenant_id = $1 AND env = $2 AND usage_id = $3 AND surface IS NOT DISTINCT FROM $4
           AND provider IS NOT DISTINCT FROM $5 AND micros = $6 AND currency = $7 AND note IS NOT DISTINCT FROM $8
           AND actor_id = $9 AND coalesce($10, used_at) = used_at AND $11::timestamptz IS NOT NULL";
    let NewUsage { usage_id, cost, surface, provider, note, used_at } = usage;
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &place.tenant_id.as_str(),
        &place.env.as_str(),
        usage_id,
        &surface.as_ref().map(|surface| surface.as_str()),
        &provider.as_ref().map(|provider| provider.as_str()),
        &to_sql(cost.micros),
        &cost.currency.as_str(),
        &note.as_ref().map(|note| note.as_str()),
        &actor_id,
        used_at,
        &at,
    ];
    put(client, insert, same, parameters).await
}
