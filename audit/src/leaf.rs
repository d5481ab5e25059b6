//! One record, as it is hashed into the log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A record. Its bytes are its canonical JSON (RFC 8785), so that everybody hashes the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// [`Leaf::VERSION`].
    pub v: u64,
    /// Whose.
    pub tenant_id: String,
    /// Where.
    pub env: String,
    /// Its place in the log, from 0: its index in the tree.
    pub seq: u64,
    /// Names it for good.
    pub event_id: String,
    /// When, RFC 3339 in UTC with milliseconds.
    pub ts: String,
    /// Who, by a name that says nothing about them.
    pub actor_id: String,
    /// What kind of being.
    pub actor_type: String,
    /// What was done, e.g. `artifact.write`.
    pub action: String,
    /// To what, e.g. `artifact.{artifact_id}`.
    pub resource: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// The request that asked for it.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: String,
    /// Where, below tenant and env: the routing keys that are known.
    pub routing: BTreeMap<String, String>,
    /// Whether it may be learned from.
    pub train_ok: bool,
    /// [`PayloadCommitment`] to what else there is to know, in hex.
    pub payload_commitment: String,
}

/// What is wrong with a record's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// It is no record.
    #[error("it is no record: {0}")]
    Form(String),
    /// It is a record that is not spelled canonically.
    #[error("it is not in its canonical form")]
    Spelling,
    /// It is longer than a bundle can say.
    #[error("it has {0} bytes; {max} are the most", max = Leaf::BYTES_MAX)]
    TooLong(usize),
}

impl Leaf {
    /// The form of records.
    pub const VERSION: u64 = 1;
    /// The longest record: a bundle tells lengths in 16 bits.
    pub const BYTES_MAX: usize = 65_535;

    /// Its bytes, as they are hashed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let bytes = serde_json_canonicalizer::to_vec(self).map_err(|error| LeafError::Form(error.to_string()))?;
        if bytes.len() > Self::BYTES_MAX { Err(LeafError::TooLong(bytes.len())) } else { Ok(bytes) }
    }

    /// The record of these bytes, which must be the canonical ones.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let leaf: Self = serde_json::from_slice(bytes).map_err(|error| LeafError::Form(error.to_string()))?;
        if leaf.v != Self::VERSION {
            return Err(LeafError::Form(format!("its version is {}", leaf.v)));
        }
        if leaf.to_bytes()? == bytes { Ok(leaf) } else { Err(LeafError::Spelling) }
    }
}

/// A commitment to a payload: `SHA-256(salt ‖ JCS(payload))`. Salt and payload are kept beside the log and can be erased;
/// then nobody can find out what it was, and the proof of the record stands as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadCommitment([u8; 32]);

impl PayloadCommitment {
    /// To this payload, under a random salt.
    pub fn new(salt: &[u8; 32], payload: &Value) -> Result<Self, LeafError> {
        let payload = serde_json_canonicalizer::to_vec(payload).map_err(|error| LeafError::Form(error.to_string()))?;
        Ok(Self(Sha256::new().chain_update(salt).chain_update(payload).finalize().into()))
    }

    /// To what was erased before it was committed to: to nothing.
    pub const ERASED: Self = Self([0; 32]);

    /// As it is kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To be kept.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// As it stands in [`Leaf::payload_commitment`].
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}
