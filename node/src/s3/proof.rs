//! What stands under a key, found out by reading all of it.

use super::{Bucket, S3Error, failed, plain};
use aws_sdk_s3::Config;
use aws_sdk_s3::error::ProvideErrorMetadata;
use sha2::{Digest, Sha256};
use std::time::Duration;
use subjects::storage_key::StorageKey;

/// What was found under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// How many bytes.
    pub size: u64,
    /// Their SHA-256, in lower-case hex.
    pub sha256: String,
    /// Their media type, as S3 has it.
    pub content_type: Option<String>,
}

/// How long the next piece of an object may take.
const PIECE_SECS: u64 = 10;

impl Bucket {
    /// What stands under the key; none where nothing does. The bytes are read to their end, whatever S3 says of them. A read
    /// that breaks off is an error and proves nothing.
    pub async fn proof(&self, key: &StorageKey) -> Result<Option<Proof>, S3Error> {
        let request = self.client.get_object().bucket(&self.name).key(key.as_str());
        let object = match request.customize().config_override(plain(Config::builder())).send().await {
            Ok(object) => object,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let (mut body, content_type) = (object.body, object.content_type);
        let (mut size, mut sha256) = (0, Sha256::new());
        loop {
            let piece = tokio::time::timeout(Duration::from_secs(PIECE_SECS), body.next()).await;
            let piece = piece.map_err(|_| S3Error(format!("the object went on for {PIECE_SECS} s without a byte")))?;
            let Some(piece) = piece else { break };
            let piece = piece.map_err(failed)?;
            size += piece.len() as u64;
            sha256.update(&piece);
        }
        if object.content_length.is_some_and(|said| said.unsigned_abs() != size) {
            return Err(S3Error(format!("the object broke off after {size} bytes")));
        }
        Ok(Some(Proof { size, sha256: hex::encode(sha256.finalize()), content_type }))
    }
}
