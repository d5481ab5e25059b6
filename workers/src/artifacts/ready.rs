//! A proved object becomes ready: all that is known of it, and the event that says so, in one transaction.

use crate::actions::admit::{Admission, Gated, admit};
use crate::artifacts::written::{self, Kept};
use crate::artifacts::{Artifacts, Asking, Outcome, grant};
use crate::cause::{Cause, Deed};
use crate::runtime::worker::{Failure, Logged};
use crate::store::append::{self, Entries, NO_COMMITS, NewEvent, Opened};
use crate::store::dataset_events;
use crate::store::transaction::Transaction;
use crate::store::uploads::{self, Upload};
use crate::store::{Client, objects};
use anyhow::anyhow;
use chrono::Utc;
use node::health::one_line;
use serde_json::json;
use subjects::answer::Rejection;
use subjects::artifact::ObjectStatus;
use subjects::artifact::ask::OfCanvas;
use subjects::routing::StreamKey;
use subjects::storage_key::StorageKey;
use uuid::Uuid;

impl Artifacts {
    /// Makes a pending object ready whose content is proved. It keeps its own bytes, or shares those that were first.
    pub(super) async fn make_ready(&self, asking: Asking<'_>, upload: Upload) -> Result<Outcome, Failure> {
        let (settled, events) = match &upload.artifact {
            Some(artifact) => self.artifact_ready(asking, &upload, artifact).await?,
            None => self.asset_ready(asking, &upload).await?,
        };
        match settled {
            Settled::Ready(ready, _) => {
                if ready.storage_key != upload.storage_key {
                    self.tidy(&upload.storage_key).await;
                }
                Ok(Outcome { granted: Ok(grant(*ready)), events, events_again: Vec::new() })
            }
            // It stays pending, and may be registered again.
            Settled::Refused(rejection, _) => Ok(Outcome { events, ..Outcome::refused(rejection) }),
            Settled::Before => self.settled_now(asking, upload).await,
        }
    }

    async fn settled_now(&self, asking: Asking<'_>, upload: Upload) -> Result<Outcome, Failure> {
        let client = crate::store::transaction::on_pool(&self.pool, asking.place().tenant_id).await?;
        let now = uploads::find(&client, asking.place(), &upload.object_id).await?;
        drop(client);
        let now = now.ok_or_else(|| Failure::Transient(anyhow!("{} is gone", upload.object_id)))?;
        self.settled(asking, now).await
    }

    async fn asset_ready(&self, asking: Asking<'_>, upload: &Upload) -> Result<(Settled, Vec<Logged>), Failure> {
        let transaction = Transaction::begin(&self.pool, asking.place().tenant_id).await?;
        let settled = settle(&transaction, asking, upload, "asset.write").await?;
        transaction.commit().await?;
        Ok((settled, Vec::new()))
    }

    /// The canvas's head is locked first, as by everybody who appends.
    async fn artifact_ready(
        &self,
        asking: Asking<'_>,
        upload: &Upload,
        artifact: &OfCanvas,
    ) -> Result<(Settled, Vec<Logged>), Failure> {
        let place = asking.place();
        let key = StreamKey::canvas(place.tenant_id.clone(), place.env, artifact.canvas_id.clone());
        let Opened { append, head, .. } = append::open(&self.pool, &key, &asking.trace, &[], NO_COMMITS).await?;
        let head = head.ok_or_else(|| Failure::Transient(anyhow!("{key} has no head")))?;
        let settled = settle(&append, asking, upload, "artifact.write").await?;
        let mut entries = Entries::default();
        entries.events.extend(settled.admission().and_then(|it| it.event(&asking, (&key, head.seq + 1))));
        if let Settled::Ready(..) = &settled {
            let seq = head.seq + 1 + entries.events.len() as u64;
            uploads::set_seq(&append, place, &upload.object_id, seq).await?;
            entries.events.push(written(asking, (&key, seq), upload, artifact));
        }
        append.commit(&entries).await?;
        Ok((settled, entries.logged(&key)))
    }

    /// Deletes bytes that nobody needs. What fails here is swept later.
    pub(super) async fn tidy(&self, key: &StorageKey) {
        if let Err(error) = self.bucket.delete(key).await {
            tracing::info!(%key, cause = one_line(&error), "left to be swept");
        }
    }
}

/// What became of an object whose bytes are proved.
enum Settled {
    /// It is ready.
    Ready(Box<Upload>, Admission),
    /// The gates refuse.
    Refused(Rejection, Admission),
    /// Somebody else settled it in the meantime.
    Before,
}

impl Settled {
    fn admission(&self) -> Option<&Admission> {
        match self {
            Settled::Ready(_, admission) | Settled::Refused(_, admission) => Some(admission),
            Settled::Before => None,
        }
    }
}

/// The action that the gates are asked about, and where it goes.
const REGISTER: &str = "storage:register";
const S3: &str = "s3";

/// Within the transaction: ready, if the gates allow it, with its DatasetEvents.
async fn settle(client: &Client, asking: Asking<'_>, upload: &Upload, action: &str) -> Result<Settled, Failure> {
    let place = asking.place();
    let locked = uploads::lock(client, place, &upload.object_id).await?;
    let Some(mut ready) = locked.filter(|locked| locked.status == ObjectStatus::Pending) else {
        return Ok(Settled::Before);
    };
    let resource = ready.resource();
    let gated = Gated { action: REGISTER, provider: S3, resource: &resource };
    let admission = admit(client, &asking, gated).await?;
    if let Some(rejection) = admission.refusal.clone() {
        return Ok(Settled::Refused(rejection, admission));
    }
    uploads::lock_content(client, place, &ready.promise.sha256).await?;
    if let Some(shared) = objects::same_content(client, place, &ready.promise).await? {
        ready.storage_key = shared;
    }
    uploads::make_ready(client, place, &ready.object_id, &ready.storage_key).await?;
    let deed = Deed {
        action,
        resource: &resource,
        outcome: dataset_events::DONE,
        details: &json!({
            "size": ready.promise.size, "sha256": ready.promise.sha256, "content_type": ready.promise.content_type,
            "of_canvas": ready.artifact, "parents": ready.parents,
        }),
    };
    dataset_events::record(client, place, asking.cause().audited(Uuid::now_v7(), deed)).await?;
    ready.status = ObjectStatus::Ready;
    ready.upload_id = None;
    Ok(Settled::Ready(Box::new(ready), admission))
}

/// The event that says that the artifact is there.
fn written(asking: Asking<'_>, at: (&StreamKey, u64), upload: &Upload, artifact: &OfCanvas) -> NewEvent {
    let cause = Cause { correlation_id: upload.correlation_id, ..asking.cause() };
    let OfCanvas { kind, rev, .. } = artifact;
    let kept = Kept { artifact_id: &upload.object_id, kind: *kind, rev: *rev, parents: &upload.parents };
    written::event(cause, kept, at, (Utc::now(), Uuid::now_v7()))
}
