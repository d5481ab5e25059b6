//! Objects on their way from a promise to being ready.

use crate::runtime::worker::Failure;
use crate::store::Client;
use crate::store::Place;
use crate::store::log::{from_sql, to_sql};
use anyhow::Context;
use subjects::artifact::ask::OfCanvas;
use subjects::artifact::{Area, ObjectStatus, Promise};
use subjects::ids::ObjectId;
use subjects::storage_key::StorageKey;
use tokio_postgres::Row;
use uuid::Uuid;

/// An object as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Names it.
    pub(crate) object_id: ObjectId,
    /// Its part of the bucket.
    pub(crate) area: Area,
    /// What is said of its bytes.
    pub(crate) promise: Promise,
    /// Where they are, or will be.
    pub(crate) storage_key: StorageKey,
    /// How far it is.
    pub(crate) status: ObjectStatus,
    /// The upload in parts that brings them.
    pub(crate) upload_id: Option<String>,
    /// The command that promised it.
    pub(crate) command_id: Uuid,
    /// What it is as an artifact.
    pub(crate) artifact: Option<OfCanvas>,
    /// What the promise tied together.
    pub(crate) correlation_id: Option<Uuid>,
    /// The place of its event in the canvas's log.
    pub(crate) seq: Option<u64>,
    /// What it is made of.
    pub(crate) parents: Vec<ObjectId>,
}

impl Upload {
    /// What DatasetEvents call it.
    pub(crate) fn resource(&self) -> String {
        match self.artifact {
            Some(_) => format!("artifact.{}", self.object_id),
            None => format!("asset.{}", self.object_id),
        }
    }
}

const UPLOAD: &str = "
    SELECT o.object_id, o.area, o.size, o.sha256, o.content_type, o.filename, o.storage_key, o.status, o.upload_id,
           o.command_id, a.kind, a.canvas_id, a.rev, a.correlation_id, a.seq,
           ARRAY(SELECT l.parent_id FROM lineage l
                  WHERE l.tenant_id = o.tenant_id AND l.env = o.env AND l.child_id = o.object_id ORDER BY 1) AS parents
      FROM objects o
      LEFT JOIN artifacts a ON a.tenant_id = o.tenant_id AND a.env = o.env AND a.artifact_id = o.object_id
     WHERE o.tenant_id = $1 AND o.env = $2 AND o.object_id = $3";

/// The object of this name, if there is one.
pub(crate) async fn find(client: &Client, place: Place<'_>, object_id: &ObjectId) -> Result<Option<Upload>, Failure> {
    one(client, UPLOAD, place, object_id).await
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(client: &Client, place: Place<'_>, object_id: &ObjectId) -> Result<Option<Upload>, Failure> {
    one(client, &format!("{UPLOAD} FOR UPDATE OF o"), place, object_id).await
}

async fn one(client: &Client, sql: &str, place: Place<'_>, object_id: &ObjectId) -> Result<Option<Upload>, Failure> {
    let statement = client.prepare_cached(sql).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let row = client.query_opt(&statement, &[&tenant_id, &env, &object_id.as_str()]).await?;
    let upload = row.as_ref().map(upload).transpose().context("a row of objects is not understood");
    upload.map_err(Failure::Poison)
}

fn upload(row: &Row) -> anyhow::Result<Upload> {
    let artifact = match row.get::<_, Option<&str>>(10) {
        Some(kind) => {
            let rev = row.get::<_, Option<i64>>(12).map(i64::unsigned_abs);
            Some(OfCanvas { kind: kind.parse()?, canvas_id: row.get::<_, &str>(11).parse()?, rev })
        }
        None => None,
    };
    let parents = row.get::<_, Vec<&str>>(15).into_iter().map(str::parse).collect::<Result<_, _>>()?;
    Ok(Upload {
        object_id: row.get::<_, &str>(0).parse()?,
        area: row.get::<_, &str>(1).parse()?,
        promise: Promise { size: from_sql(row, 2), sha256: row.get(3), content_type: row.get(4), filename: row.get(5) },
        storage_key: StorageKey::from_stored(row.get(6)),
        status: row.get::<_, &str>(7).parse()?,
        upload_id: row.get(8),
        command_id: row.get(9),
        artifact,
        correlation_id: row.get(13),
        seq: row.get::<_, Option<i64>>(14).map(i64::unsigned_abs),
        parents,
    })
}

/// How many of these there are.
pub(crate) async fn count(client: &Client, place: Place<'_>, object_ids: &[ObjectId]) -> Result<usize, Failure> {
    let count = "SELECT count(*) FROM objects WHERE tenant_id = $1 AND env = $2 AND object_id = ANY($3)";
    let statement = client.prepare_cached(count).await?;
    let object_ids: Vec<&str> = object_ids.iter().map(ObjectId::as_str).collect();
    let row = client.query_one(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &object_ids]).await?;
    Ok(from_sql(&row, 0) as usize)
}

/// Whether so many uploads are awaited already.
pub(crate) async fn are_pending(client: &Client, place: Place<'_>, at_least: u64) -> Result<bool, Failure> {
    let pending = "
        SELECT count(*) >= $3 FROM (
            SELECT FROM objects WHERE tenant_id = $1 AND env = $2 AND status = 'pending' LIMIT $3) AS pending";
    let statement = client.prepare_cached(pending).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let row = client.query_one(&statement, &[&tenant_id, &env, &to_sql(at_least)]).await?;
    Ok(row.get(0))
}

/// Names the upload in parts that is awaited.
pub(crate) async fn await_parts(
    client: &Client,
    place: Place<'_>,
    object_id: &ObjectId,
    upload_id: &str,
) -> Result<(), Failure> {
    let name = "
        UPDATE objects SET upload_id = $4
         WHERE tenant_id = $1 AND env = $2 AND object_id = $3 AND status = 'pending'";
    let statement = client.prepare_cached(name).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &object_id.as_str(), &upload_id]).await?;
    Ok(())
}

/// Lets nobody else in the tenant and env make this content ready until the transaction ends.
pub(crate) async fn lock_content(client: &Client, place: Place<'_>, sha256: &str) -> Result<(), Failure> {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1 || '.' || $2 || '.' || $3, 0))";
    let statement = client.prepare_cached(lock).await?;
    client.query(&statement, &[&place.tenant_id.as_str(), &place.env.as_str(), &sha256]).await?;
    Ok(())
}

/// The object is ready. Where it shares another's bytes, its own are still to be swept.
pub(crate) async fn make_ready(
    client: &Client,
    place: Place<'_>,
    object_id: &ObjectId,
    storage_key: &StorageKey,
) -> Result<(), Failure> {
    let ready = "
        UPDATE objects SET status = 'ready', upload_id = NULL, settled_at = now(), storage_key = $4,
               swept_at = CASE WHEN storage_key = $4 THEN now() END
         WHERE tenant_id = $1 AND env = $2 AND object_id = $3";
    let statement = client.prepare_cached(ready).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &object_id.as_str(), &storage_key.as_str()]).await?;
    Ok(())
}

/// The artifact's event stands here in the canvas's log.
pub(crate) async fn set_seq(client: &Client, place: Place<'_>, object_id: &ObjectId, seq: u64) -> Result<(), Failure> {
    let set = "UPDATE artifacts SET seq = $4 WHERE tenant_id = $1 AND env = $2 AND artifact_id = $3";
    let statement = client.prepare_cached(set).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &object_id.as_str(), &to_sql(seq)]).await?;
    Ok(())
}

/// The object is refused. Its bytes are still to be swept.
pub(crate) async fn refuse(client: &Client, place: Place<'_>, object_id: &ObjectId) -> Result<(), Failure> {
    let refuse = "
        UPDATE objects SET status = 'refused', settled_at = now()
         WHERE tenant_id = $1 AND env = $2 AND object_id = $3";
    let statement = client.prepare_cached(refuse).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &object_id.as_str()]).await?;
    Ok(())
}
