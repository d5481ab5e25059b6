//! Objects, and the artifacts among them.

use super::{QueryError, bigint, count, id, row, rows};
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use std::str::FromStr;
use subjects::artifact::ask::OfCanvas;
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, Promise};
use subjects::ids::{ActorId, ActorType, CanvasId, Env, ObjectId, TenantId};
use subjects::storage_key::StorageKey;
use tokio_postgres::Row;
use uuid::Uuid;

/// An object, as it is kept.
#[derive(Debug, Clone)]
pub struct Object {
    /// Names it.
    pub object_id: ObjectId,
    /// Its part of the bucket.
    pub area: Area,
    /// What is said of its bytes.
    pub promise: Promise,
    /// Where they are.
    pub storage_key: StorageKey,
    /// How far it is.
    pub status: ObjectStatus,
    /// The upload in parts that brings them.
    pub upload_id: Option<String>,
    /// Who promised it.
    pub actor_id: ActorId,
    /// What kind of being that is.
    pub actor_type: ActorType,
    /// When it was promised.
    pub created_at: DateTime<Utc>,
    /// What it is as an artifact.
    pub artifact: Option<OfCanvas>,
    /// What its maker ties together.
    pub correlation_id: Option<Uuid>,
    /// What it was made of.
    pub parents: Vec<ObjectId>,
}

/// Which artifacts.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Of this canvas.
    pub canvas_id: Option<CanvasId>,
    /// Of this kind.
    pub kind: Option<ArtifactKind>,
    /// Made of this rev.
    pub rev: Option<u64>,
    /// Made of this object.
    pub parent_id: Option<ObjectId>,
}

/// The columns of an object. `o` is the object, `a` its artifact.
macro_rules! object {
    ($rest:literal) => {
        concat!(
            "SELECT o.object_id, o.area, o.size, o.sha256, o.content_type, o.filename, o.storage_key, o.status, o.upload_id,
                    o.actor_id, o.actor_type, o.created_at, a.kind, a.canvas_id, a.rev, a.correlation_id,
                    ARRAY(SELECT l.parent_id FROM lineage l
                           WHERE l.tenant_id = o.tenant_id AND l.env = o.env AND l.child_id = o.object_id
                           ORDER BY 1) AS parents ",
            $rest
        )
    };
}

/// The object of this name, if there is one.
pub async fn find(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    object_id: &ObjectId,
) -> Result<Option<Object>, QueryError> {
    const SQL: &str = object!(
        "FROM objects o
         LEFT JOIN artifacts a ON a.tenant_id = o.tenant_id AND a.env = o.env AND a.artifact_id = o.object_id
         WHERE o.tenant_id = $1 AND o.env = $2 AND o.object_id = $3"
    );
    let row = row(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &object_id.as_str()]).await?;
    row.as_ref().map(object).transpose()
}

/// The ready artifacts that are asked for, by id, beginning behind `after`.
pub async fn artifacts(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    which: &Which,
    after: Option<&ObjectId>,
    limit: usize,
) -> Result<Vec<Object>, QueryError> {
    const SQL: &str = object!(
        "FROM artifacts a
         JOIN objects o ON o.tenant_id = a.tenant_id AND o.env = a.env AND o.object_id = a.artifact_id
         WHERE a.tenant_id = $1 AND a.env = $2 AND a.artifact_id > $3 AND o.status = 'ready'
           AND ($4::text IS NULL OR a.canvas_id = $4) AND ($5::text IS NULL OR a.kind = $5)
           AND ($6::bigint IS NULL OR a.rev = $6)
           AND ($7::text IS NULL OR EXISTS (
                SELECT FROM lineage l WHERE l.tenant_id = $1 AND l.env = $2 AND l.parent_id = $7 AND l.child_id = a.artifact_id))
         ORDER BY a.artifact_id LIMIT $8"
    );
    let (after, limit) = (after.map_or("", |id| id.as_str()), limit as i64);
    let (canvas_id, kind) = (which.canvas_id.as_ref().map(CanvasId::as_str), which.kind.map(ArtifactKind::as_str));
    let (rev, parent_id) = (which.rev.map(bigint), which.parent_id.as_ref().map(ObjectId::as_str));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&tenant_id.as_str(), &env.as_str(), &after, &canvas_id, &kind, &rev, &parent_id, &limit];
    rows(pool, tenant_id, SQL, &parameters).await?.iter().map(object).collect()
}

/// The ready media assets, those of one parent where one is named, by id, beginning behind `after`.
pub async fn media(
    pool: &Pool,
    (tenant_id, env): (&TenantId, Env),
    parent_id: Option<&ObjectId>,
    after: Option<&ObjectId>,
    limit: usize,
) -> Result<Vec<Object>, QueryError> {
    const SQL: &str = object!(
        "FROM objects o
         LEFT JOIN artifacts a ON a.tenant_id = o.tenant_id AND a.env = o.env AND a.artifact_id = o.object_id
         WHERE o.tenant_id = $1 AND o.env = $2 AND o.object_id > $3 AND o.area = 'media_v2' AND o.status = 'ready'
           AND ($4::text IS NULL OR EXISTS (
                SELECT FROM lineage l WHERE l.tenant_id = $1 AND l.env = $2 AND l.parent_id = $4 AND l.child_id = o.object_id))
         ORDER BY o.object_id LIMIT $5"
    );
    let (after, limit) = (after.map_or("", |id| id.as_str()), limit as i64);
    let parent_id = parent_id.map(ObjectId::as_str);
    let rows = rows(pool, tenant_id, SQL, &[&tenant_id.as_str(), &env.as_str(), &after, &parent_id, &limit]).await?;
    rows.iter().map(object).collect()
}

fn object(row: &Row) -> Result<Object, QueryError> {
    let parents: Vec<&str> = row.try_get("parents")?;
    Ok(Object {
        object_id: id(row, "object_id")?,
        area: word(row.try_get("area")?)?,
        promise: Promise {
            size: count(row, "size")?,
            sha256: row.try_get("sha256")?,
            content_type: row.try_get("content_type")?,
            filename: row.try_get("filename")?,
        },
        storage_key: StorageKey::from_stored(row.try_get("storage_key")?),
        status: word(row.try_get("status")?)?,
        upload_id: row.try_get("upload_id")?,
        actor_id: id(row, "actor_id")?,
        actor_type: id(row, "actor_type")?,
        created_at: row.try_get("created_at")?,
        artifact: artifact(row)?,
        correlation_id: row.try_get("correlation_id")?,
        parents: parents.into_iter().map(str::parse).collect::<Result<_, _>>()?,
    })
}

fn artifact(row: &Row) -> Result<Option<OfCanvas>, QueryError> {
    let Some(kind) = row.try_get::<_, Option<&str>>("kind")? else { return Ok(None) };
    let rev: Option<i64> = row.try_get("rev")?;
    Ok(Some(OfCanvas { kind: word(kind)?, canvas_id: id(row, "canvas_id")?, rev: rev.map(i64::unsigned_abs) }))
}

/// One of our words in a column of text.
pub(super) fn word<T: FromStr>(text: &str) -> Result<T, QueryError> {
    text.parse().map_err(|_| QueryError::Odd(text.to_owned()))
}
