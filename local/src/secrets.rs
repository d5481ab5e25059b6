//! The passwords and keys of one stack: made at its first start, kept with its data.

use crate::files;
use anyhow::{Context, Result};
use audit::SigningPair;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Letters first, so that nats-server does not read one as a number.
const PREFIX: &str = "ns_";
const RANDOM_BYTES: usize = 24;
/// What the stack calls itself in its audit logs.
pub(crate) const AUDIT_ORIGIN: &str = "northstar.local";

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
    /// 32 bytes in hex.
    #[serde(default)]
    pub(crate) audit_key: String,
}

impl Secrets {
    /// Those of the stack in `dir`, made when they are not there yet.
    pub(crate) fn of(dir: &Path) -> Result<Self> {
        let path = dir.join("secrets.json");
        let secrets = match files::read_json::<Self>(&path)? {
            // One of before there were audit logs.
            Some(secrets) if secrets.audit_key.is_empty() => Self { audit_key: audit_key(), ..secrets },
            Some(secrets) => return Ok(secrets),
            None => Self::random(),
        };
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
            audit_key: audit_key(),
        }
    }

    /// What audit logs of the stack are verified with.
    pub(crate) fn audit_vkey(&self) -> Result<String> {
        let seed = hex::decode(&self.audit_key)?;
        let seed: [u8; 32] = seed.as_slice().try_into().context("the audit key has another length")?;
        Ok(SigningPair::from_seed(AUDIT_ORIGIN, &seed).vkey().to_owned())
    }
}

fn audit_key() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

fn secret() -> String {
    format!("{PREFIX}{}", hex::encode(rand::random::<[u8; RANDOM_BYTES]>()))
}
