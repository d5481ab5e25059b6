//! The scan hook: somebody else looks at proved bytes before they are ready.

use crate::artifacts::away;
use crate::runtime::worker::Failure;
use crate::store::Place;
use crate::store::uploads::Upload;
use anyhow::Context;
use node::s3::Bucket;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use subjects::storage_key::StorageKey;

/// How long a scanner may take over one object.
const SCAN_SECS: u64 = 120;

/// Who is asked whether bytes may be kept.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    http: reqwest::Client,
    /// Empty where nobody is.
    url: String,
}

/// What the scanner says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub(super) enum Verdict {
    /// They may be kept.
    Clean,
    /// They may not.
    Infected {
        /// Why.
        #[serde(default)]
        detail: String,
    },
}

impl Scanner {
    /// Asks there; an empty URL asks nobody.
    pub(crate) fn at(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(SCAN_SECS)).build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    /// What the scanner says of the object. One that does not answer is waited for.
    pub(super) async fn asks(&self, bucket: &Bucket, place: Place<'_>, upload: &Upload) -> Result<Verdict, Failure> {
        if self.url.is_empty() {
            return Ok(Verdict::Clean);
        }
        let key: &StorageKey = &upload.storage_key;
        let (promise, object_id) = (&upload.promise, &upload.object_id);
        let url = bucket.presign_get(key, object_id.as_str(), &promise.content_type).await.map_err(away)?.url;
        let question = json!({
            "tenant_id": place.tenant_id, "env": place.env, "object_id": object_id, "size": promise.size,
            "sha256": promise.sha256, "content_type": promise.content_type, "url": url,
        });
        let answer = async {
            let answer = self.http.post(&self.url).json(&question).send().await?.error_for_status()?;
            answer.json::<Verdict>().await
        };
        answer.await.context("the scanner does not answer").map_err(Failure::Unavailable)
    }
}
