//! Licences.

use crate::runtime::worker::Failure;
use crate::store::gates::{Put, Taken, names, put};
use crate::store::{Client, Place};
use subjects::gates::change::NewLicence;
use subjects::ids::LicenceId;
use tokio_postgres::types::ToSql;

/// Puts a licence down.
pub(crate) async fn issue(
    client: &Client,
    place: Place<'_>,
    licence: &NewLicence,
    actor_id: &str,
) -> Result<Put, Failure> {
    let insert = "
        INSERT INTO licences (tenant_id, env, licence_id, subject_type, subject_id, level, scope, expires_at, issued_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let same = "
        SELECT FROM licences
         WHERE tenant_id = $1 AND env = $2 AND licence_id = $3 AND subject_type = $4 AND subject_id = $5 AND level = $6
           AND scope IS NOT DISTINCT FROM $7 AND expires_at = $8 AND issued_by = $9";
    let NewLicence { licence_id, subject_type, subject_id, level, scope, expires_at } = licence;
    let scope = scope.as_deref().map(names);
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &place.tenant_id.as_str(),
        &place.env.as_str(),
        &licence_id.as_str(),
        &subject_type.as_str(),
        &subject_id.as_str(),
        &level.as_str(),
        &scope,
        expires_at,
        &actor_id,
    ];
    put(client, insert, same, parameters).await
}

/// Takes a licence back.
pub(crate) async fn revoke(
    client: &Client,
    place: Place<'_>,
    licence_id: &LicenceId,
    actor_id: &str,
) -> Result<Taken, Failure> {
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let revoke = "
        UPDATE licences SET revoked_by = $4, revoked_at = clock_timestamp()
         WHERE tenant_id = $1 AND env = $2 AND licence_id = $3 AND revoked_at IS NULL";
    let statement = client.prepare_cached(revoke).await?;
    if client.execute(&statement, &[&tenant_id, &env, &licence_id.as_str(), &actor_id]).await? > 0 {
        return Ok(Taken::Now);
    }
    let find = "SELECT FROM licences WHERE tenant_id = $1 AND env = $2 AND licence_id = $3";
    let statement = client.prepare_cached(find).await?;
    let found = client.query_opt(&statement, &[&tenant_id, &env, &licence_id.as_str()]).await?;
    Ok(if found.is_some() { Taken::Before } else { Taken::Never })
}
