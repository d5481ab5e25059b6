//! The bytes are said to be there: they are read and proved.

use crate::artifacts::scan::Verdict;
use crate::artifacts::{Artifacts, Asking, Outcome, away};
use crate::cause::Deed;
use crate::runtime::worker::Failure;
use crate::store::dataset_events;
use crate::store::transaction::{self, Transaction};
use crate::store::uploads::{self, Upload};
use crate::store::{log, objects};
use node::s3::{Joined, Proof};
use serde_json::json;
use subjects::answer::Rejection;
use subjects::artifact::{Area, ObjectStatus, Promise};
use subjects::code::Code;
use subjects::ids::ObjectId;
use subjects::routing::StreamKey;
use uuid::Uuid;

const MISSING: &str = "The bytes are not there, or not all of them. Upload them, then register again.";
const MISMATCH: &str = "What was uploaded is not what was promised. It is deleted; upload again, then register.";
const EXPIRED: &str = "The bytes did not come in time. Begin anew.";
const REFUSED: &str = "The scanner refused it. The bytes are deleted.";

impl Artifacts {
    /// Proves the bytes and makes the object ready. Of an object that is settled it says how it stands.
    pub(super) async fn register(
        &self,
        asking: Asking<'_>,
        object_id: &ObjectId,
        area: Area,
    ) -> Result<Outcome, Failure> {
        let client = transaction::on_pool(&self.pool, asking.place().tenant_id).await?;
        let found = uploads::find(&client, asking.place(), object_id).await?;
        let Some(upload) = found.filter(|upload| upload.area == area) else {
            return Ok(Outcome::refused(Rejection::refused(Code::NotFound, "There is no such object.")));
        };
        if upload.status != ObjectStatus::Pending {
            drop(client);
            return self.settled(asking, upload).await;
        }
        let same = objects::same_content(&client, asking.place(), &upload.promise).await?;
        drop(client);
        if same.is_some() {
            return self.make_ready(asking, upload).await;
        }
        match self.found(asking, &upload).await? {
            None => Ok(Outcome::refused(Rejection::refused(Code::UploadMissing, MISSING))),
            Some(proof) if is_kept(&upload.promise, &proof) => self.scanned(asking, upload).await,
            Some(proof) => self.unlike(asking, upload, &proof).await,
        }
    }

    /// What a command says of an object that is no longer pending. What its own earlier delivery made true is sent again.
    pub(super) async fn settled(&self, asking: Asking<'_>, upload: Upload) -> Result<Outcome, Failure> {
        match upload.status {
            ObjectStatus::Expired => return Ok(Outcome::refused(Rejection::refused(Code::UploadExpired, EXPIRED))),
            ObjectStatus::Refused => return Ok(Outcome::refused(Rejection::refused(Code::ScanRefused, REFUSED))),
            ObjectStatus::Ready | ObjectStatus::Pending => {}
        }
        let mut events_again = Vec::new();
        if asking.is_redelivered
            && let (Some(artifact), Some(seq)) = (&upload.artifact, upload.seq)
        {
            let place = asking.place();
            let key = StreamKey::canvas(place.tenant_id.clone(), place.env, artifact.canvas_id.clone());
            let client = transaction::on_pool(&self.pool, asking.place().tenant_id).await?;
            // The decision that let it pass was told right before.
            events_again = log::events(&client, &key, &[seq.saturating_sub(1), seq]).await?;
        }
        Ok(Outcome { events_again, ..Outcome::of(upload) })
    }

    /// What stands where the bytes should be. Parts are put together first.
    async fn found(&self, asking: Asking<'_>, upload: &Upload) -> Result<Option<Proof>, Failure> {
        let found = self.bucket.proof(&upload.storage_key).await.map_err(away)?;
        let (None, Some(upload_id)) = (&found, &upload.upload_id) else {
            return Ok(found);
        };
        let joined = self.bucket.join_parts(&upload.storage_key, upload_id, upload.promise.size).await;
        match joined.map_err(away)? {
            Joined::Whole => self.bucket.proof(&upload.storage_key).await.map_err(away),
            Joined::Missing => Ok(None),
            Joined::Never => {
                self.begin_again(asking, upload.clone()).await?;
                Ok(None)
            }
        }
    }

    /// Deletes what came instead of what was promised. The object stays pending.
    async fn unlike(&self, asking: Asking<'_>, upload: Upload, proof: &Proof) -> Result<Outcome, Failure> {
        tracing::info!(object_id = %upload.object_id, ?proof, "not what was promised");
        self.bucket.delete(&upload.storage_key).await.map_err(away)?;
        self.begin_again(asking, upload).await?;
        Ok(Outcome::refused(Rejection::refused(Code::UploadMismatch, MISMATCH)))
    }

    /// Where parts are awaited, those of another upload from now on.
    async fn begin_again(&self, asking: Asking<'_>, mut upload: Upload) -> Result<(), Failure> {
        if let Some(upload_id) = upload.upload_id.take() {
            self.bucket.abort_parts(&upload.storage_key, &upload_id).await.map_err(away)?;
        }
        self.with_parts(asking, upload).await.map(drop)
    }

    /// Shows the proved bytes to the scanner.
    async fn scanned(&self, asking: Asking<'_>, upload: Upload) -> Result<Outcome, Failure> {
        match self.scanner.asks(&self.bucket, asking.place(), &upload).await? {
            Verdict::Clean => self.make_ready(asking, upload).await,
            Verdict::Infected { detail } => self.refuse(asking, upload, &detail).await,
        }
    }

    async fn refuse(&self, asking: Asking<'_>, upload: Upload, why: &str) -> Result<Outcome, Failure> {
        let transaction = Transaction::begin(&self.pool, asking.place().tenant_id).await?;
        let place = asking.place();
        let locked = uploads::lock(&transaction, place, &upload.object_id).await?;
        let Some(locked) = locked.filter(|locked| locked.status == ObjectStatus::Pending) else {
            transaction.rollback().await?;
            return self.settled(asking, upload).await;
        };
        uploads::refuse(&transaction, place, &locked.object_id).await?;
        let deed = Deed {
            action: "object.write",
            resource: &locked.resource(),
            outcome: Code::ScanRefused.as_str(),
            details: &json!({ "sha256": locked.promise.sha256, "detail": why }),
        };
        dataset_events::record(&transaction, place, asking.cause().audited(Uuid::now_v7(), deed)).await?;
        transaction.commit().await?;
        self.tidy(&locked.storage_key).await;
        Ok(Outcome::refused(Rejection::refused(Code::ScanRefused, REFUSED)))
    }
}

/// Whether what was found is what was promised.
fn is_kept(promise: &Promise, proof: &Proof) -> bool {
    let Promise { size, sha256, content_type, .. } = promise;
    proof.size == *size && proof.sha256 == *sha256 && proof.content_type.as_ref() == Some(content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_to_the_byte() {
        let promise = Promise::of(b"abc", "text/plain", Some("a.txt".into()));
        let proof = |size, sha256: &str, content_type: Option<&str>| Proof {
            size,
            sha256: sha256.to_owned(),
            content_type: content_type.map(str::to_owned),
        };
        let check = |proof: Proof, expected| assert_eq!(is_kept(&promise, &proof), expected, "{proof:?}");
        let other = Promise::of(b"abd", "text/plain", None).sha256;
        check(proof(3, &promise.sha256, Some("text/plain")), true);
        check(proof(3, &promise.sha256, Some("text/html")), false);
        check(proof(3, &promise.sha256, None), false);
        check(proof(3, &other, Some("text/plain")), false);
        check(proof(4, &promise.sha256, Some("text/plain")), false);
    }
}
