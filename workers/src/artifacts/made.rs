//! Artifacts that workers make themselves: the bytes first, then all that is known of them in one transaction.

use crate::artifacts::away;
use crate::artifacts::written::{self, Kept};
use crate::cause::{Cause, Deed};
use crate::runtime::worker::Failure;
use crate::store::append::NewEvent;
use crate::store::canvases::CanvasRef;
use crate::store::dataset_events;
use crate::store::objects::{self, NewArtifact, NewObject};
use crate::store::{Client, Place, transaction};
use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use node::postgres::Pool;
use node::s3::Bucket;
use serde_json::json;
use subjects::artifact::{Area, ArtifactKind, ObjectStatus, Promise, id_made_by};
use subjects::ids::ObjectId;
use subjects::routing::StreamKey;
use subjects::storage_key::StorageKey;
use uuid::Uuid;

/// An artifact whose bytes are in S3, and of which nothing is said yet. Made again by the same command, it has the same name.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    artifact_id: ObjectId,
    kind: ArtifactKind,
    rev: Option<u64>,
    parents: Vec<ObjectId>,
    promise: Promise,
    storage_key: StorageKey,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Making {
    /// What it is.
    pub(crate) kind: ArtifactKind,
    /// The rev of the canvas that it is made of.
    pub(crate) rev: Option<u64>,
    /// What else it is made of.
    pub(crate) parents: Vec<ObjectId>,
    /// Its bytes.
    pub(crate) bytes: Bytes,
    /// Their media type.
    pub(crate) content_type: &'static str,
    /// What they are called when they are downloaded.
    pub(crate) filename: String,
}

/// Puts the bytes into S3, unless an object of the tenant has the same already.
pub(crate) async fn put(
    (pool, bucket): (&Pool, &Bucket),
    key: &StreamKey,
    command_id: Uuid,
    making: Making,
) -> Result<Made, Failure> {
    let Making { kind, rev, parents, bytes, content_type, filename } = making;
    let artifact_id = id_made_by(command_id, kind.as_str());
    let promise = Promise::of(&bytes, content_type, Some(filename));
    let place = Place::of(key);
    let same = objects::same_content(&*transaction::on_pool(pool, place.tenant_id).await?, place, &promise).await?;
    let storage_key = match same {
        Some(storage_key) => storage_key,
        None => {
            let storage_key = StorageKey::artifact(&key.tenant_id, key.env, kind, &artifact_id);
            bucket.put(&storage_key, bytes, content_type).await.map_err(away)?;
            storage_key
        }
    };
    Ok(Made { artifact_id, kind, rev, parents, promise, storage_key })
}

impl Made {
    /// Names it.
    pub(crate) fn artifact_id(&self) -> &ObjectId {
        &self.artifact_id
    }

    /// Puts down all that is known of it, within the transaction that holds the canvas's head. The event that is returned is
    /// to be appended at that place by the same transaction.
    pub(crate) async fn write(
        &self,
        client: &Client,
        cause: Cause<'_>,
        (key, seq): (&StreamKey, u64),
        stamp: (DateTime<Utc>, Uuid),
    ) -> Result<NewEvent, Failure> {
        let canvas = CanvasRef::of(key).context("no canvas").map_err(Failure::Poison)?;
        let place = Place::of(key);
        let object = NewObject {
            object_id: &self.artifact_id,
            area: Area::Artifacts,
            promise: &self.promise,
            storage_key: &self.storage_key,
            status: ObjectStatus::Ready,
            upload_id: None,
            command_id: cause.command_id,
            actor: cause.actor,
        };
        objects::insert(client, place, object).await?;
        let artifact = NewArtifact {
            kind: self.kind,
            canvas_id: canvas.id(),
            rev: self.rev,
            correlation_id: cause.correlation_id,
            seq: Some(seq),
        };
        objects::insert_artifact(client, place, &self.artifact_id, artifact).await?;
        objects::insert_lineage(client, place, &self.artifact_id, &self.parents).await?;
        let Promise { size, sha256, .. } = &self.promise;
        let resource = format!("artifact.{}", self.artifact_id);
        let deed = Deed {
            action: "artifact.write",
            resource: &resource,
            outcome: dataset_events::DONE,
            details: &json!({ "kind": self.kind, "canvas_id": canvas.id(), "rev": self.rev, "size": size, "sha256": sha256 }),
        };
        dataset_events::record(client, place, cause.audited(stamp.1, deed)).await?;
        let kept = Kept { artifact_id: &self.artifact_id, kind: self.kind, rev: self.rev, parents: &self.parents };
        Ok(written::event(cause, kept, (key, seq), stamp))
    }
}
