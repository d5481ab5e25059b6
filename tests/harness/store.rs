//! The object store of the flows: the stack's own, or a real bucket that the environment names.

use local::{Access, StackConfig};

/// A bucket, and the keys to it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) path_style: bool,
}

impl Store {
    /// The stack's own.
    pub(crate) fn of(access: &Access) -> Self {
        Self {
            endpoint: access.s3_endpoint.clone(),
            region: access.s3_region.clone(),
            bucket: access.s3_bucket.clone(),
            access_key_id: access.s3_access_key_id.clone(),
            secret_access_key: access.s3_secret_access_key.clone(),
            path_style: true,
        }
    }

    /// The one of `NORTHSTAR_TEST_S3_…`, if a bucket is named there.
    pub(crate) fn given() -> Option<Self> {
        let said = |name: &str| said(&format!("NORTHSTAR_TEST_S3_{name}"));
        Some(Self {
            bucket: said("BUCKET")?,
            endpoint: said("ENDPOINT").unwrap_or_default(),
            region: said("REGION").unwrap_or_else(|| "us-east-1".into()),
            access_key_id: said("ACCESS_KEY_ID").expect("NORTHSTAR_TEST_S3_ACCESS_KEY_ID"),
            secret_access_key: said("SECRET_ACCESS_KEY").expect("NORTHSTAR_TEST_S3_SECRET_ACCESS_KEY"),
            path_style: said("PATH_STYLE").is_some_and(|said| said == "true"),
        })
    }

    /// The stack with this bucket in the place of its own.
    pub(crate) fn within(&self, config: StackConfig) -> StackConfig {
        let variables = [
            ("NORTHSTAR_S3_ENDPOINT", self.endpoint.as_str()),
            ("NORTHSTAR_S3_PUBLIC_ENDPOINT", ""),
            ("NORTHSTAR_S3_REGION", &self.region),
            ("NORTHSTAR_S3_BUCKET", &self.bucket),
            ("NORTHSTAR_S3_ACCESS_KEY_ID", &self.access_key_id),
            ("NORTHSTAR_S3_SECRET_ACCESS_KEY", &self.secret_access_key),
            ("NORTHSTAR_S3_PATH_STYLE", if self.path_style { "true" } else { "false" }),
        ];
        let set = |config: StackConfig, (name, value)| config.edge_env(name, value).worker_env(name, value);
        variables.into_iter().fold(config, set)
    }
}

#[expect(clippy::disallowed_methods, reason = "the flows have no other configuration")]
fn said(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|said| !said.is_empty())
}
