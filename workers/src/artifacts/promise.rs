//! Bytes are promised: the object is put down, and how they are to be brought.

use crate::artifacts::{Artifacts, Asking, Outcome, away};
use crate::cause::Deed;
use crate::runtime::worker::Failure;
use crate::store::dataset_events;
use crate::store::objects::{NewArtifact, NewObject};
use crate::store::transaction::{self, Transaction};
use crate::store::uploads::Upload;
use crate::store::{Client, canvases, objects, uploads};
use serde_json::json;
use subjects::answer::Rejection;
use subjects::artifact::ask::OfCanvas;
use subjects::artifact::{Area, ObjectStatus, Promise};
use subjects::code::Code;
use subjects::ids::ObjectId;
use subjects::limits::UPLOADS_PENDING_MAX;
use subjects::storage_key::StorageKey;
use uuid::Uuid;

/// What is promised.
#[derive(Clone, Copy)]
pub(super) struct Promised<'a> {
    /// Names the object.
    pub(super) object_id: &'a ObjectId,
    /// Its part of the bucket.
    pub(super) area: Area,
    /// What is said of the bytes.
    pub(super) promise: &'a Promise,
    /// What it is as an artifact.
    pub(super) artifact: &'a Option<OfCanvas>,
    /// What it is made of.
    pub(super) parents: &'a [ObjectId],
}

impl Artifacts {
    /// Puts the object down. Where the tenant has the same bytes, it is ready at once; where they are too many for one
    /// request, an upload in parts is begun.
    pub(super) async fn promise(&self, asking: Asking<'_>, promised: Promised<'_>) -> Result<Outcome, Failure> {
        let upload = match self.put_down(asking, promised).await? {
            Ok(upload) => upload,
            Err(rejection) => return Ok(Outcome::refused(rejection)),
        };
        if upload.status != ObjectStatus::Pending {
            return self.settled(asking, upload).await;
        }
        let client = transaction::on_pool(&self.pool, asking.place().tenant_id).await?;
        let same = objects::same_content(&client, asking.place(), &upload.promise).await?;
        drop(client);
        if same.is_some() {
            return self.make_ready(asking, upload).await;
        }
        let upload = self.with_parts(asking, upload).await?;
        Ok(Outcome::of(upload))
    }

    /// The object as it stands: new, or as an earlier delivery of the same command left it.
    async fn put_down(&self, asking: Asking<'_>, promised: Promised<'_>) -> Result<Result<Upload, Rejection>, Failure> {
        let transaction = Transaction::begin(&self.pool, asking.place().tenant_id).await?;
        let place = asking.place();
        let found = match uploads::find(&transaction, place, promised.object_id).await? {
            Some(found) if found.command_id == asking.command.command_id => Ok(found),
            Some(_) => Err(Rejection::refused(Code::AlreadyExists, "There is an object of this id.")),
            None => match refusal(&transaction, asking, promised).await? {
                Some(rejection) => Err(rejection),
                None => Ok(insert(&transaction, asking, promised).await?),
            },
        };
        transaction.commit().await?;
        Ok(found)
    }

    /// Begins the upload in parts that the object needs and does not have.
    pub(super) async fn with_parts(&self, asking: Asking<'_>, mut upload: Upload) -> Result<Upload, Failure> {
        if upload.promise.is_in_parts() && upload.upload_id.is_none() {
            let key = &upload.storage_key;
            let upload_id = self.bucket.begin_parts(key, &upload.promise.content_type).await.map_err(away)?;
            let client = transaction::on_pool(&self.pool, asking.place().tenant_id).await?;
            uploads::await_parts(&client, asking.place(), &upload.object_id, &upload_id).await?;
            upload.upload_id = Some(upload_id);
        }
        Ok(upload)
    }
}

async fn refusal(client: &Client, asking: Asking<'_>, promised: Promised<'_>) -> Result<Option<Rejection>, Failure> {
    let place = asking.place();
    if uploads::count(client, place, promised.parents).await? < promised.parents.len() {
        return Ok(Some(Rejection::refused(Code::NotFound, "There is no such parent.")));
    }
    if let Some(OfCanvas { canvas_id, .. }) = promised.artifact
        && canvases::find(client, (place.tenant_id, place.env), canvas_id).await?.is_none()
    {
        return Ok(Some(Rejection::refused(Code::NotFound, "There is no such canvas.")));
    }
    let are_too_many = uploads::are_pending(client, place, UPLOADS_PENDING_MAX).await?;
    let detail = format!("{UPLOADS_PENDING_MAX} uploads are awaited. Register those that are done.");
    Ok(are_too_many.then(|| Rejection::refused(Code::UploadsTooMany, detail)))
}

async fn insert(client: &Client, asking: Asking<'_>, promised: Promised<'_>) -> Result<Upload, Failure> {
    let (place, command) = (asking.place(), asking.command);
    let Promised { object_id, area, promise, artifact, parents } = promised;
    let named = (artifact.as_ref().map(|artifact| artifact.kind), promise.filename.as_deref());
    let storage_key = StorageKey::object((place.tenant_id, place.env), area, object_id, named);
    let object = NewObject {
        object_id,
        area,
        promise,
        storage_key: &storage_key,
        status: ObjectStatus::Pending,
        upload_id: None,
        command_id: command.command_id,
        actor: &command.actor,
    };
    objects::insert(client, place, object).await?;
    if let Some(OfCanvas { kind, canvas_id, rev }) = artifact {
        let correlation_id = command.correlation_id;
        let new = NewArtifact { kind: *kind, canvas_id, rev: *rev, correlation_id, seq: None };
        objects::insert_artifact(client, place, object_id, new).await?;
    }
    objects::insert_lineage(client, place, object_id, parents).await?;
    let deed = Deed {
        action: "object.promise",
        resource: &format!("object.{object_id}"),
        outcome: dataset_events::DONE,
        details: &json!({ "area": area, "size": promise.size, "sha256": promise.sha256, "of_canvas": artifact, "parents": parents }),
    };
    // What is inserted is inserted once. The command's own name is for the decision about it.
    dataset_events::record(client, place, asking.cause().audited(Uuid::now_v7(), deed)).await?;
    Ok(Upload {
        object_id: object_id.clone(),
        area,
        promise: promise.clone(),
        storage_key,
        status: ObjectStatus::Pending,
        upload_id: None,
        command_id: command.command_id,
        artifact: artifact.clone(),
        correlation_id: command.correlation_id,
        seq: None,
        parents: parents.to_vec(),
    })
}
