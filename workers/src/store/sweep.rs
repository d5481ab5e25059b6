//! Objects whose bytes did not come, or are not needed.

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::Place;
use crate::store::log::to_sql;
use anyhow::Context;
use subjects::artifact::{Area, ArtifactKind};
use subjects::ids::{Env, ObjectId, TenantId};
use subjects::storage_key::StorageKey;
use tokio_postgres::Row;

/// An object whose own bytes nobody needs.
#[derive(Debug, Clone)]
pub(crate) struct Leftover {
    tenant_id: TenantId,
    env: Env,
    object_id: ObjectId,
    /// Where its own bytes are, if they are anywhere.
    pub(crate) own_key: StorageKey,
    /// The upload in parts that was awaited.
    pub(crate) upload_id: Option<String>,
}

/// Expires objects that were promised longer ago than this, as many as the batch may have. Several may do so at once.
pub(crate) async fn expire(client: &Client, keep_secs: u64, batch: u64) -> Result<u64, Failure> {
    let expire = "
        UPDATE objects SET status = 'expired', settled_at = now()
         WHERE (tenant_id, env, object_id) IN (
               SELECT tenant_id, env, object_id FROM objects
                WHERE status = 'pending' AND created_at < now() - make_interval(secs => $1::bigint)
                ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let statement = client.prepare_cached(expire).await?;
    Ok(client.execute(&statement, &[&to_sql(keep_secs), &to_sql(batch)]).await?)
}

/// Objects that were settled longer ago than this and whose own bytes may still be there.
pub(crate) async fn leftovers(client: &Client, grace_secs: u64, batch: u64) -> Result<Vec<Leftover>, Failure> {
    let leftovers = "
        SELECT o.tenant_id, o.env, o.object_id, o.area, o.filename, a.kind, o.upload_id, o.status, o.storage_key
          FROM objects o
          LEFT JOIN artifacts a ON a.tenant_id = o.tenant_id AND a.env = o.env AND a.artifact_id = o.object_id
         WHERE o.status <> 'pending' AND o.swept_at IS NULL AND o.settled_at < now() - make_interval(secs => $1::bigint)
         ORDER BY o.settled_at LIMIT $2";
    let statement = client.prepare_cached(leftovers).await?;
    let rows = client.query(&statement, &[&to_sql(grace_secs), &to_sql(batch)]).await?;
    let leftovers = rows.iter().map(leftover).collect::<anyhow::Result<_>>();
    leftovers.context("a row of objects is not understood").map_err(Failure::Poison)
}

fn leftover(row: &Row) -> anyhow::Result<Leftover> {
    let (tenant_id, env): (TenantId, Env) = (row.get::<_, &str>(0).parse()?, row.get::<_, &str>(1).parse()?);
    let (object_id, area): (ObjectId, Area) = (row.get::<_, &str>(2).parse()?, row.get::<_, &str>(3).parse()?);
    let kind: Option<ArtifactKind> = row.get::<_, Option<&str>>(5).map(str::parse).transpose()?;
    let own_key = StorageKey::object((&tenant_id, env), area, &object_id, (kind, row.get(4)));
    let is_needed = row.get::<_, &str>(7) == "ready" && row.get::<_, &str>(8) == own_key.as_str();
    anyhow::ensure!(!is_needed, "{object_id} needs its bytes");
    Ok(Leftover { tenant_id, env, object_id, own_key, upload_id: row.get(6) })
}

/// Nothing of it is left.
pub(crate) async fn swept(client: &Client, leftover: &Leftover) -> Result<(), Failure> {
    let Leftover { tenant_id, env, object_id, .. } = leftover;
    let place = Place { tenant_id, env: *env };
    let swept = "
        UPDATE objects SET swept_at = now(), upload_id = NULL WHERE tenant_id = $1 AND env = $2 AND object_id = $3";
    let statement = client.prepare_cached(swept).await?;
    client.execute(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &object_id.as_str()]).await?;
    Ok(())
}
