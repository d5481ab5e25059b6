//! The passwords and keys of one stack: made at its first start, kept with its data.

use crate::files;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Letters first, so that nats-server does not read one as a number.
const PREFIX: &str = "ns_";
const RANDOM_BYTES: usize = 24;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) nats_ctl: String,
    pub(crate) nats_edge: String,
    pub(crate) nats_worker: String,
    pub(crate) postgres_admin: String,
    pub(crate) postgres_edge: String,
    pub(crate) postgres_worker: String,
    pub(crate) s3_access_key_id: String,
    pub(crate) s3_secret_access_key: String,
    pub(crate) token: String,
    pub(crate) cursor: String,
    // Stacks that were made before it have none.
    #[serde(default = "secret")]
    pub(crate) webhook: String,
    pub(crate) demo_password: String,
}

impl Secrets {
    /// Those of the stack in `dir`, made when they are not there yet.
    pub(crate) fn of(dir: &Path) -> Result<Self> {
        let path = dir.join("secrets.json");
        if let Some(secrets) = files::read_json(&path)? {
            return Ok(secrets);
        }
        let secrets = Self::random();
        files::write_json(&path, &secrets)?;
        Ok(secrets)
    }

    fn random() -> Self {
        Self {
            nats_ctl: secret(),
            nats_edge: secret(),
            nats_worker: secret(),
            postgres_admin: secret(),
            postgres_edge: secret(),
            postgres_worker: secret(),
            s3_access_key_id: secret(),
            s3_secret_access_key: secret(),
            token: secret(),
            cursor: secret(),
            webhook: secret(),
            demo_password: secret(),
        }
    }
}

fn secret() -> String {
    format!("{PREFIX}{}", hex::encode(rand::random::<[u8; RANDOM_BYTES]>()))
}
