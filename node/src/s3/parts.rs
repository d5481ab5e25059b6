//! Uploads in parts, for what is too large for one request.

use super::{Bucket, S3Error, failed, plain};
use aws_sdk_s3::Config;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Part};
use subjects::storage_key::StorageKey;

/// What became of putting parts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// They are one object.
    Whole,
    /// Not all of them are there yet.
    Missing,
    /// They will never be one: another upload must be begun.
    Never,
}

impl Bucket {
    /// Begins an upload in parts. Returns its id.
    pub async fn begin_parts(&self, key: &StorageKey, content_type: &str) -> Result<String, S3Error> {
        let begin = self.client.create_multipart_upload().bucket(&self.name).key(key.as_str());
        let begin = begin.content_type(content_type).customize().config_override(plain(Config::builder()));
        let begun = begin.send().await.map_err(failed)?;
        begun.upload_id.ok_or_else(|| S3Error("an upload without an id".into()))
    }

    /// Puts the parts together, if they are all there and have this size in all, where nothing stands yet.
    pub async fn join_parts(&self, key: &StorageKey, upload_id: &str, size: u64) -> Result<Joined, S3Error> {
        let list = self.client.list_parts().bucket(&self.name).key(key.as_str()).upload_id(upload_id);
        let mut parts = match list.send().await {
            Ok(listed) => listed.parts.unwrap_or_default(),
            Err(error) if error.code() == Some("NoSuchUpload") => return Ok(Joined::Never),
            Err(error) => return Err(failed(error)),
        };
        parts.sort_by_key(|part| part.part_number);
        if !is_whole(&parts, size) {
            return Ok(Joined::Missing);
        }
        let parts = parts.into_iter().map(completed).collect();
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let join = self.client.complete_multipart_upload().bucket(&self.name).key(key.as_str()).upload_id(upload_id);
        match join.multipart_upload(whole).if_none_match("*").send().await {
            Ok(_) => Ok(Joined::Whole),
            Err(error) if is_refusal(&error) => Ok(Joined::Never),
            Err(error) => Err(failed(error)),
        }
    }

    /// Gives an upload in parts up, if there is one of this id, and frees what was uploaded.
    pub async fn abort_parts(&self, key: &StorageKey, upload_id: &str) -> Result<(), S3Error> {
        let abort = self.client.abort_multipart_upload().bucket(&self.name).key(key.as_str()).upload_id(upload_id);
        match abort.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_refusal(&error) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn is_whole(parts: &[Part], size: u64) -> bool {
    let is_dense = parts.iter().zip(1..).all(|(part, number)| part.part_number == Some(number));
    let bytes: i64 = parts.iter().filter_map(|part| part.size).sum();
    is_dense && !parts.is_empty() && bytes.unsigned_abs() == size
}

fn completed(part: Part) -> CompletedPart {
    CompletedPart::builder().set_part_number(part.part_number).set_e_tag(part.e_tag).build()
}

/// Whether S3 said no to this very request, and would say so again. One who may not ask at all is told 403 or 401; a server
/// that remembers no upload of this id may say 403, too.
fn is_refusal<E>(error: &SdkError<E>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    status.is_some_and(|status| matches!(status, 400 | 403 | 404 | 409 | 412))
}
