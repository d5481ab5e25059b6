//! Owners' words against what is unknown.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, Taken, put};
use crate::store::{Client, Place};
use subjects::gates::change::NewOverride;
use subjects::ids::OverrideId;
use tokio_postgres::types::ToSql;

/// Puts one down.
pub(crate) async fn make(client: &Client, place: Place<'_>, new: &NewOverride, actor_id: &str) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO gate_overrides (tenant_id, env, override_id, gate, action, reason, expires_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM gate_overrides
         WHERE tenant_id = $1 AND env = $2 AND override_id = $3 AND gate = $4 AND action IS NOT DISTINCT FROM $5
           AND reason = $6 AND expires_at = $7 AND made_by = $8";
    let NewOverride { override_id, gate, action, reason, expires_at } = new;
    let action = action.as_ref().map(|action| action.as_str());
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &place.tenant_id.as_str(),
        &place.env.as_str(),
        &override_id.as_str(),
        &gate.as_str(),
        &action,
        &reason.as_str(),
        expires_at,
        &actor_id,
    ];
    put(client, insert, same, parameters).await
}

/// Takes one back.
pub(crate) async fn revoke(client: &Client, place: Place<'_>, override_id: &OverrideId) -> Result<Taken, Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let revoke = "
        UPDATE gate_overrides SET revoked_at = clock_timestamp()
         WHERE tenant_id = $1 AND env = $2 AND override_id = $3 AND revoked_at IS NULL";
    let statement = client.prepare_cached(revoke).await?;
    if client.execute(&statement, &[&tenant_id, &env, &override_id.as_str()]).await? > 0 {
        return Ok(Taken::Now);
    }
    let find = "SELECT FROM gate_overrides WHERE tenant_id = $1 AND env = $2 AND override_id = $3";
    let statement = client.prepare_cached(find).await?;
    let found = client.query_opt(&statement, &[&tenant_id, &env, &override_id.as_str()]).await?;
    Ok(if found.is_some() { Taken::Before } else { Taken::Never })
}
