//! The object store: which objects there are, and what stands there that no edge asked for.

use crate::store::Store;
use crate::upload::Upload;
use crate::world::World;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::presigning::PresigningConfig;
use std::time::{Duration, SystemTime};
use subjects::ids::TenantId;

impl World {
    /// The keys of all objects below a prefix, in order.
    pub async fn objects(&self, prefix: &str) -> Vec<String> {
        let listed = self.s3().list_objects_v2().bucket(&self.rails.store.bucket).prefix(prefix).send().await;
        let listed = listed.expect("the object store answers");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    /// The keys of what a tenant keeps, in order: all but the copies of its audit logs.
    pub async fn kept(&self, tenant_id: &TenantId) -> Vec<String> {
        let keys = self.objects(&format!("tenants/{tenant_id}/")).await;
        keys.into_iter().filter(|key| key.split('/').nth(3) != Some("audit")).collect()
    }

    /// Puts bytes under a key, past everybody.
    pub async fn plants(&self, key: &str, bytes: &[u8], content_type: &str) {
        let put = self.s3().put_object().bucket(&self.rails.store.bucket).key(key).content_type(content_type);
        put.body(bytes.to_vec().into()).send().await.expect("the object store takes it");
    }

    /// The same upload, signed with the right keys, but ten minutes ago.
    pub async fn signed_long_ago(&self, upload: &Upload, key: &str, size: usize) -> Upload {
        let header = |name: &str| upload.headers[name].clone();
        let put = self
            .s3()
            .put_object()
            .bucket(&self.rails.store.bucket)
            .key(key)
            .content_length(i64::try_from(size).expect("a size"))
            .content_type(header("content-type"))
            .checksum_sha256(header("x-amz-checksum-sha256"))
            .if_none_match("*");
        let then = SystemTime::now() - Duration::from_secs(600);
        let terms = PresigningConfig::builder().start_time(then).expires_in(Duration::from_secs(300));
        let signed = put.presigned(terms.build().expect("terms")).await.expect("it is signed");
        upload.but(|upload| upload.url = signed.uri().to_owned())
    }

    /// The secret that signs forms.
    pub fn s3_secret(&self) -> &str {
        &self.rails.store.secret_access_key
    }

    /// The bytes of an object.
    pub async fn object(&self, key: &str) -> Vec<u8> {
        let object = self.s3().get_object().bucket(&self.rails.store.bucket).key(key).send().await;
        let object = object.unwrap_or_else(|error| panic!("{key}: {error:?}"));
        object.body.collect().await.expect("its bytes").to_vec()
    }

    fn s3(&self) -> Client {
        let Store { endpoint, region, access_key_id, secret_access_key, path_style, .. } = &self.rails.store;
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .credentials_provider(Credentials::new(access_key_id, secret_access_key, None, None, "flows"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .force_path_style(*path_style);
        let config = if endpoint.is_empty() { config } else { config.endpoint_url(endpoint) };
        Client::from_conf(config.build())
    }
}
