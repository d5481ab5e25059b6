//! Objects, the artifacts among them, and what was made of what.

use crate::runtime::worker::Failure;
use crate::store::log::to_sql;
use crate::store::{Client, Place};
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, Promise};
use subjects::command::Actor;
use subjects::ids::{CanvasId, ObjectId};
use subjects::storage_key::StorageKey;
use uuid::Uuid;

/// An object that is put down for the first time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewObject<'a> {
    /// Names it.
    pub(crate) object_id: &'a ObjectId,
    /// Its part of the bucket.
    pub(crate) area: Area,
    /// What is said of its bytes.
    pub(crate) promise: &'a Promise,
    /// Where they are, or will be.
    pub(crate) storage_key: &'a StorageKey,
    /// How far it is.
    pub(crate) status: ObjectStatus,
    /// The upload in parts that brings them.
    pub(crate) upload_id: Option<&'a str>,
    /// The command that asked for it.
    pub(crate) command_id: Uuid,
    /// Who asked.
    pub(crate) actor: &'a Actor,
}

/// What an artifact is beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewArtifact<'a> {
    /// What it is.
    pub(crate) kind: ArtifactKind,
    /// Made of which canvas.
    pub(crate) canvas_id: &'a CanvasId,
    /// At which rev.
    pub(crate) rev: Option<u64>,
    /// What its maker ties together.
    pub(crate) correlation_id: Option<Uuid>,
    /// The place of its event in the canvas's log, where it is ready.
    pub(crate) seq: Option<u64>,
}

/// Puts an object down.
pub(crate) async fn insert(client: &Client, place: Place<'_>, object: NewObject<'_>) -> Result<(), Failure> {
    let insert = "
        INSERT INTO objects (tenant_id, env, object_id, area, size, sha256, content_type, filename, storage_key, status,
                             upload_id, command_id, actor_id, actor_type, settled_at, swept_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                CASE WHEN $10 <> 'pending' THEN now() END, CASE WHEN $10 <> 'pending' THEN now() END)";
    let statement = client.prepare_cached(insert).await?;
    let Promise { size, sha256, content_type, filename } = object.promise;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &object.object_id.as_str(),
                &object.area.as_str(),
                &to_sql(*size),
                sha256,
                content_type,
                filename,
                &object.storage_key.as_str(),
                &object.status.as_str(),
                &object.upload_id,
                &object.command_id,
                &object.actor.actor_id.as_str(),
                &object.actor.actor_type.as_str(),
            ],
        )
        .await?;
    Ok(())
}

/// Says of an object what it is as an artifact.
pub(crate) async fn insert_artifact(
    client: &Client,
    place: Place<'_>,
    artifact_id: &ObjectId,
    artifact: NewArtifact<'_>,
) -> Result<(), Failure> {
    let insert = "
        INSERT INTO artifacts (tenant_id, env, artifact_id, kind, canvas_id, rev, correlation_id, seq)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let statement = client.prepare_cached(insert).await?;
    let NewArtifact { kind, canvas_id, rev, correlation_id, seq } = artifact;
    client
        .execute(
            &statement,
            &[
                &place.tenant_id.as_str(),
                &place.env.as_str(),
                &artifact_id.as_str(),
                &kind.as_str(),
                &canvas_id.as_str(),
                &rev.map(to_sql),
                &correlation_id,
                &seq.map(to_sql),
            ],
        )
        .await?;
    Ok(())
}

/// Says what an object was made of. The parents must be there.
pub(crate) async fn insert_lineage(
    client: &Client,
    place: Place<'_>,
    child_id: &ObjectId,
    parents: &[ObjectId],
) -> Result<(), Failure> {
    let insert = "
        INSERT INTO lineage (tenant_id, env, child_id, parent_id)
        SELECT $1, $2, $3, parent_id FROM unnest($4::text[]) AS parent(parent_id) ON CONFLICT DO NOTHING";
    let statement = client.prepare_cached(insert).await?;
    let parents: Vec<&str> = parents.iter().map(ObjectId::as_str).collect();
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    client.execute(&statement, &[&tenant_id, &env, &child_id.as_str(), &parents]).await?;
    Ok(())
}

/// Where the bytes that are promised are, if a ready object has the same.
pub(crate) async fn same_content(
    client: &Client,
    place: Place<'_>,
    promise: &Promise,
) -> Result<Option<StorageKey>, Failure> {
    let same = "
        SELECT storage_key FROM objects
         WHERE tenant_id = $1 AND env = $2 AND sha256 = $3 AND size = $4 AND status = 'ready' ORDER BY object_id LIMIT 1";
    let statement = client.prepare_cached(same).await?;
    let (tenant_id, env) = (place.tenant_id.as_str(), place.env.as_str());
    let row = client.query_opt(&statement, &[&tenant_id, &env, &promise.sha256, &to_sql(promise.size)]).await?;
    Ok(row.map(|row| StorageKey::from_stored(row.get(0))))
}
