//! The object store: which objects there are.

use crate::world::World;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

impl World {
    /// The keys of all objects below a prefix, in order.
    pub async fn objects(&self, prefix: &str) -> Vec<String> {
        let listed = self.s3().list_objects_v2().bucket(&self.access().s3_bucket).prefix(prefix).send().await;
        let listed = listed.expect("the object store answers");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    fn s3(&self) -> Client {
        let access = self.access();
        let (id, secret) = (&access.s3_access_key_id, &access.s3_secret_access_key);
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&access.s3_endpoint)
            .region(Region::new(access.s3_region.clone()))
            .credentials_provider(Credentials::new(id, secret, None, None, "flows"))
            .force_path_style(true);
        Client::from_conf(config.build())
    }
}
