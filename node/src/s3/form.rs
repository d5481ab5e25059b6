//! Uploads by a plain HTML form: a policy that S3 holds the fields and the file against.

use super::presign::base64_of;
use super::{Bucket, S3Error};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use subjects::artifact::Promise;
use subjects::limits::SIGNED_SECS;
use subjects::storage_key::StorageKey;

/// A form that may be sent as `multipart/form-data`, with these fields first and `file` last.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where to.
    pub url: String,
    /// The fields, in order.
    pub fields: Vec<(String, String)>,
    /// Until when it may be sent.
    pub expires_at: DateTime<Utc>,
}

impl Bucket {
    /// A form that uploads exactly what is promised, where nothing stands yet.
    pub async fn form(&self, key: &StorageKey, promise: &Promise) -> Result<Form, S3Error> {
        let now = Utc::now();
        let expires_at = now + Duration::from_secs(SIGNED_SECS);
        let scope = format!("{}/{}/s3/aws4_request", now.format("%Y%m%d"), self.region);
        let mut fields: Vec<(String, String)> = [
            ("key", key.to_string()),
            ("content-type", promise.content_type.clone()),
            ("x-amz-checksum-sha256", base64_of(&promise.sha256)),
            ("if-none-match", "*".to_owned()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", format!("{}/{scope}", self.access_key_id.expose_secret())),
            ("x-amz-date", now.format("%Y%m%dT%H%M%SZ").to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let policy = STANDARD.encode(self.policy(&fields, promise.size, expires_at).to_string());
        let secret = self.secret_access_key.expose_secret();
        let signing_key = generate_signing_key(secret, now.into(), &self.region, "s3");
        fields.push(("x-amz-signature".to_owned(), calculate_signature(signing_key, policy.as_bytes())));
        fields.push(("policy".to_owned(), policy));
        Ok(Form { url: self.url(key, promise).await?, fields, expires_at })
    }

    /// Every field as it must be, and the file's exact length.
    fn policy(&self, fields: &[(String, String)], size: u64, expires_at: DateTime<Utc>) -> Value {
        let exact = |(name, value): &(String, String)| json!({ name: value });
        let mut conditions: Vec<Value> = fields.iter().map(exact).collect();
        conditions.push(json!({ "bucket": self.name }));
        conditions.push(json!(["content-length-range", size, size]));
        json!({ "expiration": expires_at.to_rfc3339_opts(SecondsFormat::Millis, true), "conditions": conditions })
    }

    /// Where clients reach the bucket, whether its name stands in the host or in the path.
    async fn url(&self, key: &StorageKey, promise: &Promise) -> Result<String, S3Error> {
        let object = self.presign_put(key, promise).await?.url;
        let bucket = object.split_once(key.as_str()).map(|(bucket, _)| bucket);
        bucket.map(str::to_owned).ok_or_else(|| S3Error(format!("an URL without the key: {object}")))
    }
}
