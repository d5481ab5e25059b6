//! Requests to S3 that clients send themselves: signed here, good for a few minutes, and for nothing else.

use super::disposition::attachment;
use super::{Bucket, S3Error, failed};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use std::time::{Duration, SystemTime};
use subjects::artifact::Promise;
use subjects::limits::SIGNED_SECS;
use subjects::storage_key::StorageKey;

/// A request that is signed. It must be sent as it is, with the headers.
#[derive(Debug, Clone)]
pub struct Signed {
    /// `GET` or `PUT`.
    pub method: String,
    /// Where to.
    pub url: String,
    /// The headers that are signed with it.
    pub headers: Vec<(String, String)>,
    /// Until when it may be sent.
    pub expires_at: DateTime<Utc>,
}

impl Bucket {
    /// An upload of exactly what is promised, where nothing stands yet.
    pub async fn presign_put(&self, key: &StorageKey, promise: &Promise) -> Result<Signed, S3Error> {
        let put = self
            .public
            .put_object()
            .bucket(&self.name)
            .key(key.as_str())
            .content_length(length(promise.size))
            .content_type(&promise.content_type)
            .checksum_sha256(base64_of(&promise.sha256))
            .if_none_match("*");
        let (terms, expires_at) = terms()?;
        Ok(signed(&put.presigned(terms).await.map_err(failed)?, expires_at))
    }

    /// A download as an attachment of this name.
    pub async fn presign_get(&self, key: &StorageKey, name: &str, content_type: &str) -> Result<Signed, S3Error> {
        let get = self
            .public
            .get_object()
            .bucket(&self.name)
            .key(key.as_str())
            .response_content_disposition(attachment(name))
            .response_content_type(content_type);
        let (terms, expires_at) = terms()?;
        Ok(signed(&get.presigned(terms).await.map_err(failed)?, expires_at))
    }

    /// One part of an upload in parts, from 1, of exactly this size.
    pub async fn presign_part(
        &self,
        key: &StorageKey,
        upload_id: &str,
        (number, size): (i32, u64),
    ) -> Result<Signed, S3Error> {
        let part = self
            .public
            .upload_part()
            .bucket(&self.name)
            .key(key.as_str())
            .upload_id(upload_id)
            .part_number(number)
            .content_length(length(size));
        let (terms, expires_at) = terms()?;
        Ok(signed(&part.presigned(terms).await.map_err(failed)?, expires_at))
    }
}

/// A SHA-256 as S3 writes it.
pub(super) fn base64_of(sha256: &str) -> String {
    STANDARD.encode(hex::decode(sha256).unwrap_or_default())
}

/// From now on, and until when.
fn terms() -> Result<(PresigningConfig, DateTime<Utc>), S3Error> {
    let (now, good_for) = (SystemTime::now(), Duration::from_secs(SIGNED_SECS));
    let terms = PresigningConfig::builder().start_time(now).expires_in(good_for).build().map_err(failed)?;
    Ok((terms, DateTime::<Utc>::from(now + good_for)))
}

fn signed(request: &PresignedRequest, expires_at: DateTime<Utc>) -> Signed {
    let headers = request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Signed { method: request.method().to_owned(), url: request.uri().to_owned(), headers, expires_at }
}

fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
