//! The object store.

mod disposition;
mod form;
mod parts;
mod presign;
mod proof;

pub use form::Form;
pub use parts::Joined;
pub use presign::Signed;
pub use proof::Proof;

use crate::config::S3Config;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use subjects::storage_key::StorageKey;

/// The bucket that holds all tenants' objects. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    /// As clients reach it. Nothing is sent by it: it only signs.
    public: Client,
    name: String,
    region: String,
    access_key_id: SecretString,
    secret_access_key: SecretString,
}

/// Why the object store did not do it, in one line.
#[derive(Debug, thiserror::Error)]
#[error("S3: {0}")]
pub struct S3Error(String);

const CONNECT_SECS: u64 = 2;
const OPERATION_SECS: u64 = 30;

impl Bucket {
    /// The bucket of the configuration. Nothing is asked of it yet.
    pub fn new(config: &S3Config) -> Self {
        let endpoint = config.s3_endpoint.as_str();
        let public = if config.s3_public_endpoint.is_empty() { endpoint } else { &config.s3_public_endpoint };
        Self {
            client: Client::from_conf(at(config, endpoint).build()),
            public: Client::from_conf(plain(at(config, public)).build()),
            name: config.s3_bucket.clone(),
            region: config.s3_region.clone(),
            access_key_id: config.s3_access_key_id.clone(),
            secret_access_key: config.s3_secret_access_key.clone(),
        }
    }

    /// Stores the bytes under the key, over what stood there.
    pub async fn put(&self, key: &StorageKey, bytes: Bytes, content_type: &str) -> Result<(), S3Error> {
        let request = self.client.put_object().bucket(&self.name).key(key.as_str());
        request.content_type(content_type).body(bytes.into()).send().await.map_err(failed)?;
        Ok(())
    }

    /// The bytes under the key; none where there are none.
    pub async fn get(&self, key: &StorageKey) -> Result<Option<Bytes>, S3Error> {
        match self.client.get_object().bucket(&self.name).key(key.as_str()).send().await {
            Ok(object) => object.body.collect().await.map(|body| Some(body.into_bytes())).map_err(failed),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes what stands under the key, if anything does.
    pub async fn delete(&self, key: &StorageKey) -> Result<(), S3Error> {
        match self.client.delete_object().bucket(&self.name).key(key.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Makes the bucket unless it is there.
    pub async fn create(&self) -> Result<(), S3Error> {
        match self.client.create_bucket().bucket(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), Some("BucketAlreadyOwnedByYou" | "BucketAlreadyExists")) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether the bucket answers; if not, why, in one line.
    pub async fn ping(&self) -> Result<(), String> {
        let answer = self.client.head_bucket().bucket(&self.name).send().await;
        answer.map(drop).map_err(|error| failed(error).to_string())
    }
}

/// How the bucket is reached at an endpoint.
fn at(config: &S3Config, endpoint: &str) -> aws_sdk_s3::config::Builder {
    let credentials = Credentials::new(
        config.s3_access_key_id.expose_secret(),
        config.s3_secret_access_key.expose_secret(),
        None,
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(CONNECT_SECS))
        .operation_timeout(Duration::from_secs(OPERATION_SECS))
        .build();
    let s3 = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.s3_region.clone()))
        .credentials_provider(credentials)
        .force_path_style(config.s3_path_style)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(timeouts);
    if endpoint.is_empty() { s3 } else { s3.endpoint_url(endpoint) }
}

/// Without the sums that the client adds by itself: what is not asked of an uploader must not be signed, and what is read
/// to be proved is judged by us.
fn plain(config: aws_sdk_s3::config::Builder) -> aws_sdk_s3::config::Builder {
    config
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
}

fn failed(error: impl std::error::Error) -> S3Error {
    S3Error(DisplayErrorContext(error).to_string())
}
