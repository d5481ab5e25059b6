//! The key that signs checkpoints.

use crate::runtime::worker::Failure;
use crate::store::Place;
use anyhow::{Context, ensure};
use audit::{Checkpoint, Hash, SigningPair, origin};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Signs the checkpoints of every log of a deployment. Clones share the key.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pair: Arc<SigningPair>,
    host: Arc<str>,
}

/// Checks the form of a key; for use as a clap `value_parser`.
pub(crate) fn read_key(text: &str) -> Result<SecretString, String> {
    let is_key = text.is_empty() || hex::decode(text).is_ok_and(|bytes| bytes.len() == 32);
    if is_key { Ok(text.into()) } else { Err("a key is 32 bytes in hex, as `northstar-audit keygen` makes one".into()) }
}

impl Signer {
    /// The signer of the deployment of this name.
    pub(crate) fn new(host: &str, key: &SecretString) -> anyhow::Result<Self> {
        let is_name = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '+');
        ensure!(is_name, "NORTHSTAR_AUDIT_ORIGIN has neither spaces nor +, and is not empty");
        let seed = hex::decode(key.expose_secret()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let seed = seed.context("NORTHSTAR_AUDIT_KEY is not set; `northstar-audit keygen` makes one")?;
        Ok(Self { pair: SigningPair::from_seed(host, &seed).into(), host: host.into() })
    }

    /// The signed checkpoint of a log.
    pub(crate) fn sign(&self, place: Place<'_>, size: u64, root: Hash) -> Result<String, Failure> {
        let origin = origin(&self.host, place.tenant_id.as_str(), place.env.as_str());
        let note = Checkpoint { origin, size, root }.sign(&self.pair).map_err(anyhow::Error::new);
        let note = note.and_then(|note| Ok(String::from_utf8(note)?));
        note.map_err(Failure::Poison)
    }
}
